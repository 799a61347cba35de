import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { breach, circles } from "./check-imports.ts";
import { free, importTable } from "./import-table.ts";
import { type Import, importsIn, importsOf } from "./imports-of.ts";

const imports = importsIn([...Object.keys(importTable).filter((place) => !place.includes("/")), ...free]);

describe("the import table", () => {
  it.each(Object.keys(importTable))("holds in %s", (folder) => {
    const found = imports.filter(({ from }) => from.startsWith(`${folder}/`));
    expect(found.map(breach).filter(Boolean)).toEqual([]);
  });

  it("is held against the imports there are", () => {
    expect(imports.length).toBeGreaterThan(500);
    expect(
      imports
        .filter(({ file }) => file !== undefined && !existsSync(new URL(`../../${file}`, import.meta.url)))
        .map(({ from, specifier }) => `${from} ${specifier}`),
    ).toEqual([]);
  });

  it("has no files that load each other in a circle", () => {
    expect(circles(imports).map((circle) => circle.join(" → "))).toEqual([]);
  });
});

describe("what is refused", () => {
  const only = (from: string, text: string) => importsOf(from, text)[0] as Import;

  it.each([
    ["sdk/plan/x.ts", 'import { readFileSync } from "node:fs";', "sdk may use zod"],
    ["sdk/plan/x.ts", 'export * from "../../infra/config.ts";', "nothing but itself"],
    ["sdk/plan/x.ts", 'const { y } = await import("../../workflows/x.ts");', "nothing but itself"],
    ["workflows/x.ts", 'import { y } from "../activities/x.ts";', "types only"],
    ["workflows/x.ts", 'import { type A, y } from "../activities/x.ts";', "types only"],
    ["workflows/x.ts", 'import "../activities/x.ts";', "types only"],
    ["workflows/x.ts", 'import { Client } from "@temporalio/client";', "@temporalio/workflow, @temporalio/common"],
    ["gateway/x.ts", 'import { y } from "../workers/main.ts";', "sdk, infra, types of workflows"],
    ["cli/x.ts", 'import { y } from "../gateway/server.ts";', "types only"],
    ["infra/x.ts", 'import { y } from "./y.test.ts";', "belongs to tests"],
    ["tests/chaos/audit/x.ts", 'import { y } from "../../../sdk/index.ts";', "tests/chaos/generator"],
    ["tests/chaos/audit/x.ts", 'import { y } from "../run.ts";', "tests/chaos/generator"],
    ["tests/chaos/generator/x.ts", 'import { z } from "zod";', "node:, tar-stream, yazl"],
    ["elsewhere/x.ts", 'import { z } from "zod";', "not in tests/imports/import-table.ts"],
  ])("%s: %s", (from, text, message) => {
    expect(breach(only(from, text))).toContain(message);
  });

  it.each([
    ["workflows/x.ts", 'import type { A } from "../activities/x.ts";'],
    ["workflows/x.ts", 'import { type A, type B } from "../activities/x.ts";'],
    ["gateway/x.ts", 'export type { A } from "../workflows/contract.ts";'],
    ["cli/x.ts", 'import { createGatewayClient } from "../gateway/client.ts";'],
    ["dags/x.ts", 'import { task } from "sluice/sdk";'],
    ["tests/x.ts", 'import { y } from "../workers/main.ts";'],
    ["tests/chaos/x.ts", 'import { y } from "../../infra/config.ts";'],
    ["tests/chaos/audit/x.ts", 'import type { Expected } from "../generator/expected.ts";'],
    ["sdk/x.test.ts", 'import { y } from "node:fs";'],
  ])("but not %s: %s", (from, text) => {
    expect(breach(only(from, text))).toBeUndefined();
  });

  it("finds a circle, and none where only types go round", () => {
    const round = (last: string) => [
      ...importsOf("infra/a.ts", 'import { b } from "./b.ts";'),
      ...importsOf("infra/b.ts", 'export { c } from "./c.ts";'),
      ...importsOf("infra/c.ts", last),
    ];
    expect(circles(round('import { a } from "./a.ts";'))).toEqual([["infra/a.ts", "infra/b.ts", "infra/c.ts", "infra/a.ts"]]);
    expect(circles(round('import type { A } from "./a.ts";'))).toEqual([]);
  });
});
