import { expect, it } from "vitest";
import { z } from "zod";
import { parse } from "./parse.ts";

const parsed = { what: "output", object: { container: "test", key: "roof.csv" } } as const;

it.each([
  [
    "what is missing",
    z.object({ a: z.string(), b: z.number() }),
    { a: 1 },
    "at /a: found 1; expected string, and 1 more that does not fit",
  ],
  ["a date that is none", z.object({ at: z.coerce.date() }), { at: "soon" }, 'at /at: found "soon"; expected date'],
  [
    "what is deep inside",
    z.object({ a: z.array(z.object({ "b/c": z.int().min(3) })) }),
    { a: [{ "b/c": 2 }] },
    "at /a/0/b~1c: found 2; expected number to be >=3",
  ],
  ["the value as a whole", z.array(z.string()), { a: 1, b: 2 }, "schema: found an object with a, b; expected array"],
  ["a long text", z.object({ kind: z.enum(["x", "y"]) }), { kind: "z".repeat(99) }, `found "${"z".repeat(59)}…; expected one of "x"|"y"`],
  ["a rule of one's own", z.object({ n: z.number().refine((n) => n % 2 === 0, "must be even") }), { n: 3 }, "at /n: found 3; must be even"],
])("says of a value that does not fit what was found and expected: %s", (_, schema, value, says) => {
  const message = expect.stringMatching(/^The task's output for test\/roof\.csv does not fit its schema.+ Mend the data/);
  expect(() => parse(schema, value, parsed)).toThrow(expect.objectContaining({ kind: "terminal", code: "SCHEMA_MISMATCH", message }));
  expect(() => parse(schema, value, parsed)).toThrow(says);
});
