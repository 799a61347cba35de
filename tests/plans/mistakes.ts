import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { z } from "zod";
import { arrival, dag, object, rows, task } from "../../sdk/index.ts";
import { compileDag } from "../../sdk/plan/compile.ts";

export const read = task({
  name: "read",
  in: object,
  out: z.object({ kind: z.string(), list: z.array(z.string()), n: z.number() }),
  run: () => ({ kind: "", list: [], n: 1 }),
});
export const parse = task({ name: "parse", in: object, out: rows(z.object({ n: z.number() })), async *run() {} });
export const text = task({ name: "text", in: z.string(), out: z.string(), run: (given) => given });
export const anything = task({ name: "anything", in: z.unknown(), run: () => {} });
export const room = task({ name: "room", in: z.object({ name: z.string(), seats: z.int().optional() }), run: () => {} });

export type Flow = Parameters<typeof dag>[0]["flow"];

export const types = ["text/csv", "application/json"] as const;
export const compile = (flow: Flow, on = arrival({ types })) => compileDag(dag({ name: "d", on, flow }));

/** What types refuse, and what a DAG in JavaScript or JSON may hold all the same. */
export const untyped = (value: unknown) => value as never;

export const linesOf = (url: string) => readFileSync(new URL(url), "utf8").split("\n");

export type Mistake = readonly [code: string, message: string, flow: Flow];

/** Each is reported by its code, at the line that is marked with it, unless the whole definition is meant. */
export function itReports(url: string, mistakes: readonly Mistake[]): void {
  const lines = linesOf(url);
  const seen = new Map<string, number>();
  it.each(mistakes)("%s: %s", (code, message, flow) => {
    const number = (seen.get(code) ?? 0) + 1;
    seen.set(code, number);
    const marked = lines.findIndex((line) => line.endsWith(`// ${code}${number === 1 ? "" : ` ${number}`}`)) + 1;
    const definition = dag({ name: "d", on: arrival({ types }), flow });
    const found = compileDag(definition).problems.filter((problem) => problem.code === code && problem.message.includes(message));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject(marked ? { file: fileURLToPath(url), line: marked } : { line: definition.place.line });
  });
}
