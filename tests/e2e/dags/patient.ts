import { arrival, dag, object, rows, task } from "sluice/sdk";
import { influxPoints, mongoDocuments } from "sluice/integrators";
import { z } from "zod";
import { note } from "./notes.ts";

const Reading = z.object({ sensor: z.string(), time: z.date(), value: z.number() });

const readings = task({
  name: "readings",
  in: object,
  out: rows(Reading),
  async *run({ key }) {
    note(key, "read");
    for (let second = 0; second < 10; second += 1) yield { sensor: key, time: new Date(Date.UTC(2026, 0, 1, 0, 0, second)), value: second };
  },
});

/** Gives up after three attempts, but for those that find its sink away. */
export const points = dag({
  name: "e2e-patient-points",
  on: arrival({ container: "e2e-*", key: "patient/points/**" }),
  flow(arrived) {
    const options = { measurement: "e2e_patient", tags: ["sensor" as const], time: "time" as const };
    influxPoints(readings(arrived), { ...options, retry: { attempts: 3, initialInterval: "100ms" } });
  },
});

export const documents = dag({
  name: "e2e-patient-documents",
  on: arrival({ container: "e2e-*", key: "patient/documents/**" }),
  flow: (arrived) => void mongoDocuments(readings(arrived), { collection: "e2e_patient" }),
});
