import fc from "fast-check";
import { z } from "zod";
import { after, arrival, dag, type DagDefinition, map, match, object, type Rows, rows, task, type Value } from "../../sdk/index.ts";
import { type TriggerRule, triggerRules } from "../../sdk/plan/plan.ts";

/** A flow as data, from which any DAG can be wired: numbers pick among what has been wired before. */
export type FlowStep =
  | { readonly kind: "value"; readonly uses: readonly number[]; readonly site: "local" | "global"; readonly undo: boolean }
  | { readonly kind: "list" }
  | { readonly kind: "produce"; readonly uses: readonly number[]; readonly site: "local" | "global" }
  | { readonly kind: "transform"; readonly of: number; readonly site: "local" | "global" }
  | { readonly kind: "consume"; readonly of: number; readonly uses: readonly number[] }
  | { readonly kind: "consumeTwo"; readonly one: number; readonly other: number }
  | {
      readonly kind: "match";
      readonly on: number;
      readonly cases: readonly (readonly FlowStep[])[];
      readonly otherwise: boolean;
      readonly rows: boolean;
    }
  | {
      readonly kind: "after";
      readonly of: readonly number[];
      readonly rule: TriggerRule;
      readonly recovers: boolean;
      readonly body: readonly FlowStep[];
      readonly tells: boolean;
    }
  | { readonly kind: "map"; readonly over: number; readonly body: readonly FlowStep[]; readonly tolerate: boolean };

const pick = fc.nat(20);
const uses = fc.array(pick, { maxLength: 3 });
const site = fc.constantFrom("local", "global", "global", "global" as const);

const { steps } = fc.letrec<{ step: FlowStep; steps: readonly FlowStep[] }>((tie) => ({
  steps: fc.array(tie("step"), { maxLength: 5, depthIdentifier: "flow" }),
  step: fc.oneof(
    { depthSize: "small", depthIdentifier: "flow", withCrossShrink: true },
    fc.record({ kind: fc.constant("value" as const), uses, site, undo: fc.boolean() }),
    fc.record({ kind: fc.constant("list" as const) }),
    fc.record({ kind: fc.constant("produce" as const), uses, site }),
    fc.record({ kind: fc.constant("transform" as const), of: pick, site }),
    fc.record({ kind: fc.constant("consume" as const), of: pick, uses }),
    fc.record({ kind: fc.constant("consumeTwo" as const), one: pick, other: pick }),
    fc.record({
      kind: fc.constant("match" as const),
      on: pick,
      cases: fc.array(tie("steps"), { minLength: 1, maxLength: 2 }),
      otherwise: fc.boolean(),
      rows: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant("after" as const),
      of: fc.array(pick, { minLength: 1, maxLength: 3 }),
      rule: fc.constantFrom(...triggerRules),
      recovers: fc.boolean(),
      body: tie("steps"),
      tells: fc.boolean(),
    }),
    fc.record({ kind: fc.constant("map" as const), over: pick, body: tie("steps"), tolerate: fc.boolean() }),
  ),
}));

/** Values that tasks return, and that matches branch by: the first two have a case. */
export const texts = ["a", "b", "c"] as const;

const Text = z.string();
const Row = z.object({ n: z.number() });
const start = task({ name: "start", in: object, out: Text, run: () => "a" });
const value = (local: "local" | "global", undo: boolean) =>
  task({
    name: `value-${local}-${undo}`,
    in: z.array(z.unknown()),
    out: Text,
    site: local,
    run: () => "a",
    ...(undo && { undo: () => {} }),
  });
const values = {
  local: { true: value("local", true), false: value("local", false) },
  global: { true: value("global", true), false: value("global", false) },
};
const list = task({ name: "list", in: object, out: z.array(Text), run: () => ["a"] });
const producer = (local: "local" | "global") =>
  task({ name: `produce-${local}`, in: z.array(z.unknown()), out: rows(Row), site: local, async *run() {} });
const producers = { local: producer("local"), global: producer("global") };
const transformer = (local: "local" | "global") =>
  task({
    name: `transform-${local}`,
    in: rows(Row),
    out: rows(Row),
    site: local,
    async *run(input) {
      yield* input;
    },
  });
const transformers = { local: transformer("local"), global: transformer("global") };
const consume = task({ name: "consume", in: { rows: rows(Row), with: z.array(z.unknown()) }, out: Text, run: () => "a" });
const consumeTwo = task({ name: "consume-two", in: { one: rows(Row), other: rows(Row) }, out: Text, run: () => "a" });
const tell = task({ name: "tell", in: z.unknown(), out: Text, run: () => "a" });

type Wired = {
  readonly values: Value<string>[];
  readonly lists: Value<string[]>[];
  readonly streams: Rows<{ n: number }>[];
  /** Where nothing can be undone. */
  readonly inMap: boolean;
};

const choose = <T>(from: readonly T[], index: number): T => from[index % from.length] as T;
const inMap = ({ values, lists, streams }: Wired): Wired => ({
  values: [...values],
  lists: [...lists],
  streams: [...streams],
  inMap: true,
});

function wire(flow: readonly FlowStep[], wired: Wired): void {
  for (const step of flow) wireStep(step, wired);
}

function wireStep(step: FlowStep, wired: Wired): void {
  const used = (indexes: readonly number[]) => indexes.map((index) => choose(wired.values, index));
  switch (step.kind) {
    case "value":
      return void wired.values.push(values[step.site][`${step.undo && !wired.inMap}`](used(step.uses)));
    case "list":
      return void wired.lists.push(list(root as never));
    case "produce":
      return void wired.streams.push(producers[step.site](used(step.uses)));
    case "transform":
      return void wired.streams.push(transformers[step.site](choose(wired.streams, step.of)));
    case "consume":
      return void wired.values.push(consume({ rows: choose(wired.streams, step.of), with: used(step.uses) }));
    case "consumeTwo":
      return void wired.values.push(consumeTwo({ one: choose(wired.streams, step.one), other: choose(wired.streams, step.other) }));
    case "match": {
      const branches = [...step.cases.entries()].map(([index, body]): [string, () => Value<string> | Rows<{ n: number }>] => [
        step.otherwise && index === step.cases.length - 1 ? "otherwise" : (texts[index] ?? "c"),
        () => {
          wire(body, wired);
          return step.rows ? (wired.streams.at(-1) as Rows<{ n: number }>) : (wired.values.at(-1) as Value<string>);
        },
      ]);
      const merged: unknown = match(choose(wired.values, step.on), Object.fromEntries(branches));
      return void (step.rows ? wired.streams.push(merged as Rows<{ n: number }>) : wired.values.push(merged as Value<string>));
    }
    case "after": {
      const nodes = [...wired.values, ...wired.streams, ...wired.lists].filter((one) => !items.has(one));
      if (nodes.length === 0) return;
      const of = step.of.map((index) => choose(nodes, index));
      return after(
        of as readonly Value<string>[],
        step.rule,
        (results) => {
          wire(step.body, wired);
          if (step.tells) wired.values.push(tell(results));
        },
        { recovers: step.recovers },
      );
    }
    case "map": {
      const merged = map(
        choose(wired.lists, step.over),
        (item) => {
          items.add(item);
          const inside = inMap(wired);
          inside.values.push(item);
          wire(step.body, inside);
          return inside.values.at(-1);
        },
        step.tolerate ? { tolerate: 1 } : {},
      );
      return void wired.lists.push(merged as Value<string[]>);
    }
  }
}

let root: unknown;
/** An item is no node, so no `after` can wait for it. */
let items = new WeakSet<object>();

/** Any DAG of the language that compiles, as deep as fast-check likes. */
export const flows: fc.Arbitrary<readonly FlowStep[]> = steps;

export function dagOf(flow: readonly FlowStep[]): DagDefinition {
  return dag({
    name: "any",
    on: arrival(),
    flow(arrived) {
      root = arrived;
      items = new WeakSet();
      wire(flow, { values: [start(arrived)], lists: [list(arrived)], streams: [producers.global([])], inMap: false });
    },
  });
}
