import { after, arrival, dag, match, mime, object, rule, task, terminal } from "sluice/sdk";
import { z } from "zod";
import { note } from "./notes.ts";

const visit = (name: string) => task({ name, in: object, out: z.string(), run: ({ key }) => (note(key, name), name) });

const high = visit("visit-high");
const low = visit("visit-low");
const custom = visit("visit-custom");
const usual = visit("visit-usual");

export const higher = dag({
  name: "e2e-higher",
  on: arrival({ container: "e2e-*", key: "routed/priority/**", priority: 5 }),
  flow: (arrived) => high(arrived),
});
export const lower = dag({
  name: "e2e-lower",
  on: arrival({ container: "e2e-*", key: "routed/priority/**" }),
  flow: (arrived) => low(arrived),
});
// Named so that only the way of processing can put it first.
export const special = dag({
  name: "e2e-z-custom",
  on: arrival({ container: "e2e-*", key: "routed/both/**", dataProcessing: "custom" }),
  flow: (arrived) => custom(arrived),
});
export const ordinary = dag({
  name: "e2e-a-usual",
  on: arrival({ container: "e2e-*", key: "routed/both/**" }),
  flow: (arrived) => usual(arrived),
});

const asTable = visit("as-table");
const asJson = visit("as-json");
const asAnything = visit("as-anything");

export const branching = dag({
  name: "e2e-branching",
  on: arrival({ container: "e2e-*", key: "routed/type/**" }),
  flow(arrived) {
    match(arrived.type, { [mime.csv]: () => asTable(arrived), [mime.json]: () => asJson(arrived), otherwise: () => asAnything(arrived) });
  },
});

const Wish = z.object({ first: z.boolean(), second: z.boolean() });
const attempt = (name: "first" | "second") =>
  task({
    name,
    in: object,
    out: z.string(),
    async run(object) {
      if (Wish.parse(JSON.parse(await object.text()))[name]) return name;
      throw terminal("WISHED", `The object wished that ${name} fails.`);
    },
  });
const first = attempt("first");
const second = attempt("second");

const told = (name: string) =>
  task({
    name,
    in: z.object({ first: z.string(), second: z.string() }),
    run: ({ first, second }, { object: { key } }) => void note(key, `${name}: ${first} ${second}`),
  });
const onSuccess = told("on-success");
const onDone = told("on-done");
const onAny = told("on-any-success");
const onAnyFailed = told("on-any-failed");
const onAllFailed = told("on-all-failed");
const onNoneFailed = told("on-none-failed");

export const rules = dag({
  name: "e2e-rules",
  on: arrival({ container: "e2e-*", key: "routed/rules/**" }),
  flow(arrived) {
    const both = [first(arrived), second(arrived)] as const;
    after(both, rule.allSuccess, ([a, b]) => onSuccess({ first: a.status, second: b.status }));
    after(both, rule.allDone, ([a, b]) => onDone({ first: a.status, second: b.status }));
    after(both, rule.anySuccess, ([a, b]) => onAny({ first: a.status, second: b.status }));
    after(both, rule.anyFailed, ([a, b]) => onAnyFailed({ first: a.status, second: b.status }));
    after(both, rule.allFailed, ([a, b]) => onAllFailed({ first: a.status, second: b.status }));
    after(both, rule.noneFailed, ([a, b]) => onNoneFailed({ first: a.status, second: b.status }));
  },
});

export const recovering = dag({
  name: "e2e-recovering",
  on: arrival({ container: "e2e-*", key: "routed/recovers/**" }),
  flow(arrived) {
    const both = [first(arrived), second(arrived)] as const;
    after(both, rule.anyFailed, ([a, b]) => onAnyFailed({ first: a.status, second: b.status }), { recovers: true });
  },
});
