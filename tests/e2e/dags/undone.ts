import { arrival, dag, object, rows, task, terminal } from "sluice/sdk";
import { influxPoints, mongoDocuments, receipt } from "sluice/integrators";
import { z } from "zod";
import { note } from "./notes.ts";

const Reading = z.object({ sensor: z.string(), time: z.date(), value: z.number() });

const read = task({
  name: "read",
  in: object,
  out: rows(Reading),
  async *run(object) {
    const { sensor } = JSON.parse(await object.text()) as { sensor: string };
    for (let second = 0; second < 20; second += 1) yield { sensor, time: new Date(Date.UTC(2026, 0, 1, 0, 0, second)), value: second };
  },
});

const register = task({
  name: "register",
  in: object,
  out: z.string(),
  run: ({ key }) => {
    note(key, "register");
    return key;
  },
  undo: (key) => void note(key, "unregister"),
});

const judge = task({
  name: "judge",
  in: { object, points: receipt, documents: receipt, registered: z.string() },
  async run({ object }) {
    const { accept } = JSON.parse(await object.text()) as { accept: boolean };
    if (!accept) throw terminal("REFUSED", `${object.key} is refused by its own words. Set "accept" to true.`);
  },
});

/** Writes to two sinks and keeps a register; takes all of it back where the object is refused in the end. */
export default dag({
  name: "e2e-undone",
  on: arrival({ container: "e2e-*", key: "undone/**" }),
  flow(arrived) {
    const readings = read(arrived);
    const points = influxPoints(readings, { measurement: "e2e_undone", tags: ["sensor"], time: "time", undo: true });
    const documents = mongoDocuments(readings, { collection: "e2e_undone", undo: true });
    judge({ object: arrived, points, documents, registered: register(arrived) });
  },
});
