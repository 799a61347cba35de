/**
 * The same for each item of a list: a survey names stations, every one is checked by itself. Five are worked on at
 * once; up to a tenth may fail, and what failed stands in the report.
 */
import { arrival, dag, map, mime, object, task, terminal } from "sluice/sdk";
import { mongoDocuments } from "sluice/integrators";
import { z } from "zod";

const Station = z.object({ name: z.string(), battery: z.number(), seen: z.string() });
const Checked = z.object({ name: z.string(), healthy: z.boolean() });
// With `tolerate`, the value of a map is a list of Results: status, value or failure.
const Outcome = z.object({
  status: z.enum(["success", "failed", "skipped"]),
  value: Checked.nullable(),
  failure: z.object({ code: z.string(), kind: z.string(), message: z.string(), task: z.string().optional() }).nullable(),
});

export const listStations = task({
  name: "survey-list",
  in: object,
  out: z.array(Station),
  run: async (object) => JSON.parse(await object.text()) as z.input<typeof Station>[],
});

export const checkStation = task({
  name: "survey-check",
  in: Station,
  out: Checked,
  // A failure of the world is tried again, five times at most; `terminal` says that trying again cannot help.
  retry: { attempts: 5, initialInterval: "2s" },
  run({ name, battery, seen }) {
    if (Number.isNaN(Date.parse(seen)))
      throw terminal("NEVER_SEEN", `Station ${name} was last seen "${seen}"; expected a date. Correct the survey.`);
    return { name, healthy: battery > 20 };
  },
});

export const report = task({
  name: "survey-report",
  in: z.object({ survey: z.string(), outcomes: z.array(Outcome) }),
  out: z.object({ survey: z.string(), checked: z.number(), unhealthy: z.array(z.string()), failed: z.array(z.string()) }),
  run: ({ survey, outcomes }) => ({
    survey,
    checked: outcomes.length,
    unhealthy: outcomes.flatMap(({ value }) => (value && !value.healthy ? [value.name] : [])),
    failed: outcomes.flatMap(({ failure }) => (failure ? [failure.message] : [])),
  }),
});

export default dag({
  name: "survey-stations",
  on: arrival({ container: "campus", key: "surveys/**", types: mime.json }),
  flow(object) {
    const outcomes = map(listStations(object), (station) => checkStation(station), { concurrency: 5, tolerate: "10%" });
    mongoDocuments(report({ survey: object.key, outcomes }), { collection: "surveys" });
  },
});
