import { arrival, dag, map, object, retryable, rows, task, terminal } from "sluice/sdk";
import { influxPoints, mongoDocuments } from "sluice/integrators";
import { z } from "zod";
import { isFirst, tick } from "./notes.ts";

const Room = z.object({
  room: z.number(),
  sensor: z.string(),
  points: z.number(),
  /** What becomes of it: nothing out of the way, a bad last row, a wait without end, a failure the first time or each time. */
  fate: z.enum(["well", "bad row", "hangs", "stumbles", "falls"]).default("well"),
});

const rooms = task({
  name: "rooms",
  in: object,
  out: z.array(Room),
  run: async (object) => z.array(Room).parse(JSON.parse(await object.text())),
});

// What is no number is the integrators' to refuse.
const Reading = z.object({ sensor: z.string(), room: z.string(), time: z.date(), value: z.union([z.number(), z.nan()]) });

const measure = task({
  name: "measure",
  in: Room,
  out: rows(Reading),
  timeout: "1s",
  retry: { attempts: 2, initialInterval: "100ms" },
  async *run({ room, sensor, points, fate }, { object: { key } }) {
    tick(key, `room ${room}`);
    const time = (second: number) => new Date(Date.UTC(2026, 0, 1, room, 0, second));
    for (let second = 0; second < points; second += 1) yield { sensor, room: `${room}`, time: time(second), value: room };
    if (fate === "bad row") yield { sensor, room: `${room}`, time: time(points), value: NaN };
    if (fate === "hangs") await new Promise(() => {});
    if (fate === "falls") throw terminal("FELL", `Room ${room} fell: take it out of the list.`);
    if (fate === "stumbles" && isFirst(`${key} ${room}`)) throw retryable("STUMBLED", `Room ${room} stumbled: it gets up by itself.`);
  },
});

/** An item may take as long as its tasks together. */
const brief = { timeout: "1s", retry: { attempts: 2 } } as const;

/** Each item writes points, documents of its rows, and one document of itself. */
export const spread = dag({
  name: "e2e-spread",
  on: arrival({ container: "e2e-*", key: "spread/**" }),
  flow(arrived) {
    map(
      rooms(arrived),
      (room) => {
        const readings = measure(room);
        influxPoints(readings, { measurement: "e2e_spread", tags: ["sensor", "room"], ...brief });
        mongoDocuments(readings, { collection: "e2e_spread_rows", ...brief });
        mongoDocuments(room, { collection: "e2e_spread_rooms", ...brief });
      },
      { concurrency: 4, tolerate: "50%" },
    );
  },
});
