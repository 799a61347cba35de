// Tasks that the other files wire wrongly, and task definitions that are wrong by themselves.
import { object, rows, task } from "sluice/sdk";
import { z } from "zod";

export const Reading = z.object({ sensor: z.string(), time: z.coerce.date(), value: z.number() });
export const parse = task({ name: "parse", in: object, out: rows(Reading), async *run() {} });
export const parseNames = task({ name: "parse-names", in: object, out: rows(z.object({ name: z.string() })), async *run() {} });
export const store = task({ name: "store", in: rows(Reading), out: z.number(), run: () => 1 });
export const header = task({ name: "header", in: object, out: z.object({ title: z.string(), lines: z.array(z.string()) }), run: () => ({ title: "", lines: [] }) });
export const shout = task({ name: "shout", in: z.string(), out: z.string(), run: (text) => text });
export const label = task({ name: "label", in: z.object({ text: z.string(), size: z.number().optional() }), run: () => {} });
export const enrich = task({ name: "enrich", in: { readings: rows(Reading), site: z.string() }, out: rows(Reading), run: ({ readings }) => readings });
export const anything = task({ name: "anything", in: z.unknown(), run: () => {} });
export const tick = task({ name: "tick", run: () => {} });

// refused: a body that returns another type than `out`
export const wrongReturn = task({ name: "wrong-return", in: object, out: z.number(), run: () => "one" });
// refused: rows of another shape than `out`
export const wrongRows = task({ name: "wrong-rows", in: object, out: rows(Reading), run: async function* () { yield { sensor: 1 }; } });
// refused: a body that returns one value where rows are promised
export const noRows = task({ name: "no-rows", in: object, out: rows(Reading), run: async () => 1 });
// refused: a misspelt field of the input, in the body
export const misspelt = task({ name: "misspelt", in: z.object({ title: z.string() }), out: z.string(), run: ({ titel }) => titel });
// refused: reading a stream of rows as if it were an array
export const asArray = task({ name: "as-array", in: rows(Reading), out: z.number(), run: (readings) => readings.length });
// refused: an option that no task has
export const noOption = task({ name: "no-option", in: object, retries: 3, run: () => {} });
// refused: a duration without a unit that is known
export const noDuration = task({ name: "no-duration", in: object, timeout: "3 minutes", run: () => {} });
// refused: a site that does not exist
export const noSite = task({ name: "no-site", in: object, site: "mars", run: () => {} });
// refused: a task without a name
export const noName = task({ in: object, run: () => {} });
// refused: an object as output, which only arrivals are
export const objectOut = task({ name: "object-out", in: object, out: object, run: () => {} });
