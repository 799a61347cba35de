import { describe, expect, it } from "vitest";
import { lintFlow } from "./lint-flow.ts";

const head = `import { after, arrival, dag, map, match, mime, object, rule, task } from "sluice/sdk";
import { influxPoints } from "sluice/integrators";
const parse = task({ name: "parse" }), other = task({ name: "other" }), list = task({ name: "list" });
`;

/** Lints a flow whose body stands from line 5 on; gives `line code` of each problem. */
function lint(body: string, files: { readonly [file: string]: string } = {}): string[] {
  const text = `${head}export default dag({ name: "d", on: arrival({}), flow(object) {\n${body}\n} });\n`;
  return lintFiles({ "/dags/d.ts": text, ...files });
}

function lintFiles(files: { readonly [file: string]: string }): string[] {
  const problems = lintFlow("/dags/d.ts", Object.keys(files), (file) => files[file] ?? "");
  return problems.map(({ file, line, code }) => `${file === "/dags/d.ts" ? "" : `${file}:`}${line} ${code}`);
}

describe("lintFlow refuses symbolic values that are", () => {
  it.each([
    ["compared", `if (object.type === mime.csv) parse(object);`, ["5 COMPARED_SYMBOL"]],
    ["compared by switch", `switch (object.type) { case "a": parse(object); }`, ["5 COMPARED_SYMBOL"]],
    ["compared by typeof", `const t = typeof object.metadata;`, ["5 COMPARED_SYMBOL"]],
    ["used as a key", `const by = { a: 1 }; const n = by[object.type];`, ["5 COMPARED_SYMBOL"]],
    ["tested by if", `if (parse(object)) other(object);`, ["5 TESTED_SYMBOL"]],
    ["tested by !", `const no = !object.metadata.template;`, ["5 TESTED_SYMBOL"]],
    ["tested by ? :", `const one = object.size ? parse(object) : other(object);`, ["5 TESTED_SYMBOL"]],
    ["tested by && and ||", `object.user && parse(object);\nconst who = object.user || "nobody";`, ["5 TESTED_SYMBOL", "6 TESTED_SYMBOL"]],
    ["tested by ??", `const who = object.user ?? "nobody";`, ["5 TESTED_SYMBOL"]],
    ["tested by while", `while (object.size) parse(object);`, ["5 TESTED_SYMBOL"]],
    ["tested by Boolean", `const yes = Boolean(object.user);`, ["5 TESTED_SYMBOL"]],
    ["tested by a default", `const { user = "nobody" } = object;`, ["5 TESTED_SYMBOL"]],
    ["tested by filter", `[parse(object), other(object)].filter((value) => value);`, ["5 TESTED_SYMBOL"]],
    [
      "calculated with",
      `const twice = object.size * 2;\nconst sum = 1 + object.size;\nMath.max(object.size, 3);`,
      ["5 CALCULATED_SYMBOL", "6 CALCULATED_SYMBOL", "7 CALCULATED_SYMBOL"],
    ],
    ["counted up", `let n = object.size;\nn++;\nn += 2;`, ["6 CALCULATED_SYMBOL", "7 CALCULATED_SYMBOL"]],
    ["printed", `console.log("object", object);\nconsole.log({ at: object.key });`, ["5 PRINTED_SYMBOL", "6 PRINTED_SYMBOL"]],
    ["in a template literal", "const name = `of ${object.key}`;", ["5 PRINTED_SYMBOL"]],
    ["turned into text", `String(object.size);\nJSON.stringify({ deep: [object] });`, ["5 PRINTED_SYMBOL", "6 PRINTED_SYMBOL"]],
    ["iterated over", `for (const one of list(object)) parse(one);`, ["5 ITERATED_SYMBOL"]],
    ["spread into a list", `const all = [...list(object)];`, ["5 ITERATED_SYMBOL"]],
    ["destructured as an array", `const [first] = list(object);`, ["5 ITERATED_SYMBOL"]],
    ["spread into a record", `parse({ ...object });`, ["5 SPREAD_SYMBOL"]],
    ["asked for their keys", `Object.keys(object.metadata);`, ["5 SPREAD_SYMBOL"]],
    ["asked to do something", `list(object).map((item) => parse(item));`, ["5 CALLED_SYMBOL"]],
    ["assigned to", `object.type = "text/csv";`, ["5 ASSIGNED_SYMBOL"]],
    ["awaited", `parse(object).then((value) => other(value));`, ["5 AWAITED_SYMBOL"]],
  ])("%s", (_, body, expected) => {
    expect(lint(body)).toEqual(expected);
  });

  it("found in async flows and callbacks, which are refused themselves", () => {
    const text = `${head}export default dag({ name: "d", on: arrival({}), async flow(object) {
      const value = await parse(object);
      map(list(object), async (item) => parse(item));
      match(object.type, { a: async () => parse(object), otherwise: function* () { yield parse(object); } });
    } });`;
    expect(lintFiles({ "/dags/d.ts": text })).toEqual(["4 ASYNC_FLOW", "5 AWAITED_SYMBOL", "6 ASYNC_FLOW", "7 ASYNC_FLOW", "7 ASYNC_FLOW"]);
  });

  it("found in the bodies of map, match and after", () => {
    const body = `map(list(object), (item) => { if (item.ready) parse(item); });
match(object.type, { a: () => { console.log(object); } });
after([parse(object)], rule.anyFailed, ([result]) => { if (result.status === "failed") other(result); });`;
    expect(lint(body)).toEqual(["5 TESTED_SYMBOL", "6 PRINTED_SYMBOL", "7 COMPARED_SYMBOL"]);
  });

  it("found behind variables, records, lists and functions", () => {
    const body = `const all = { readings: parse(object), rate: 3 };
const { readings } = all;
let later = 1;
later = readings;
const pair = [later, 2];
function decide(value) { return value ? other(value) : undefined; }
decide(pair[0]);
if (all.readings) other(object);`;
    expect(lint(body)).toEqual(["10 TESTED_SYMBOL", "12 TESTED_SYMBOL"]);
  });

  it("found in the functions of an imported file, at their own place", () => {
    const wiring = `import { task } from "sluice/sdk";
export const store = task({ name: "store" });
export function wire(value) {
  if (value.ready) store(value);
}`;
    const files = { "/dags/parts/wiring.ts": wiring };
    expect(lint(`wire(parse(object));`, files)).toEqual([]);
    const text = `import { arrival, dag } from "sluice/sdk";\nimport { wire, store } from "./parts/wiring.ts";
export default dag({ name: "d", on: arrival({}), flow(object) { wire(object); if (store({ a: 1 })) wire({}); } });`;
    expect(lintFiles({ "/dags/d.ts": text, ...files })).toEqual(["/dags/parts/wiring.ts:4 TESTED_SYMBOL", "3 TESTED_SYMBOL"]);
  });
});

describe("lintFlow lets through", () => {
  it.each([
    ["plain constants", `const rate = 3; if (rate > 2 && rate !== 4) parse(object); console.log(\`rate \${rate}\`, rate * 2);`],
    ["environment", `const region = process.env.REGION ?? "eu"; if (region === "eu") parse(object);`],
    ["loops over constants", `for (const name of ["a", "b"]) { if (name !== "a") parse({ object, name, label: \`\${name}-x\` }); }`],
    [
      "lists of values",
      `const all = ["a", "b"].map((name) => parse({ name, object })); if (all.length > 1) after(all, rule.allDone, (results) => other({ results, n: all.length + 1 }));`,
    ],
    [
      "records with values in them",
      `const options = { value: object.key, retries: 3 }; if (options.retries > 2) parse(options); for (const key of Object.keys(options)) console.log(key);`,
    ],
    ["fields and object patterns", `const { type, size: bytes } = object; parse({ type, bytes, deep: object.metadata.template.time });`],
    [
      "constants chosen by a condition",
      `const verbose = true; const value = verbose ? parse(object) : other(object); influxPoints(value, { measurement: verbose ? "a" : "b" });`,
    ],
    ["choosing between values that may be missing", `let last; for (const n of [1, 2]) last = parse({ object, n }); other(last);`],
    ["a plain function's result", `const settings = ((rate) => ({ rate: rate * 2 }))(2); if (settings.rate === 4) parse(object);`],
    ["TypeScript's own operators", `parse(object.metadata!.a as string); other(object?.key satisfies unknown);`],
    ["nested record destructuring with plain defaults", `const make = ({ rate = 2 } = {}) => rate; if (make() > 1) parse(object);`],
  ])("%s", (_, body) => {
    expect(lint(body)).toEqual([]);
  });

  it("what task bodies do with real values", () => {
    const text = `import { arrival, dag, object, task } from "sluice/sdk";
const parse = task({ name: "parse", in: object, async run(object) { if (object.size > 3) console.log(\`\${object.key}\`); return [...await object.text()]; } });
export default dag({ name: "d", on: arrival({}), flow: (object) => { parse(object); } });`;
    expect(lintFiles({ "/dags/d.ts": text })).toEqual([]);
  });

  it("a function called dag that is not Sluice's", () => {
    expect(
      lintFiles({ "/dags/d.ts": `import { dag } from "elsewhere";\ndag({ flow(object) { if (object) console.log(object); } });` }),
    ).toEqual([]);
  });
});

it("says what is wrong, where, and what to write instead", () => {
  const text = `import { arrival, dag as define } from "sluice/sdk";\nexport default define({ name: "d", on: arrival({}), flow: (object) => { if (object.type === "a") return; } });`;
  expect(lintFlow("/dags/d.ts", ["/dags/d.ts"], () => text)).toEqual([
    {
      code: "COMPARED_SYMBOL",
      file: "/dags/d.ts",
      line: 2,
      column: text.split("\n")[1]!.indexOf("object.type") + 1,
      message:
        "`object.type` is compared (`===`), but it has no content while the flow is traced, only in a run. " +
        'Branch with `match(value, { "a": () => …, otherwise: () => … })`, or compare in a task and match on what it returns.',
    },
  ]);
});
