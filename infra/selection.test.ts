import { describe, expect, it } from "vitest";
import { newDocument } from "./catalog.ts";
import type { CatalogDocument, Operation } from "../sdk/contracts/catalog.ts";
import type { PublishedPlan } from "../sdk/plan/plan.ts";
import { lastOperations, queryOf } from "./selection.ts";

function document(key: string, more: Partial<CatalogDocument> = {}): CatalogDocument {
  const fresh = newDocument({ container: "campus", key, store: "s3", number: 1, now: new Date("2026-01-01") });
  return { ...fresh, state: "processed", content_type: "text/csv", ...more };
}

function operation(dag_id: string, run_id: string, plan: string, at: string, code: Operation["code"] = {}): Operation {
  return { execution_date: new Date(at), dag_id, operation_instance: run_id, workflow_id: run_id, run_id, plan, code };
}

const older = operation("readings", "run 1", "abcd", "2026-01-01");
const newer = operation("readings", "run 2", "ef01", "2026-01-02", { parse: "c1" });
const beside = operation("pictures", "run 2", "2345", "2026-01-02");

describe("queryOf", () => {
  it("leaves what is not asked to any object that can be processed", () => {
    const { filter, fits, isIn } = queryOf({});
    expect(filter).toEqual({ $and: [{ state: { $nin: ["announced", "gone", "dropped", "forgotten"] } }] });
    expect(fits(document("any"))).toBe(true);
    expect(isIn("any")).toBe(true);
  });

  it("asks MongoDB for states, causes and times, and for the beginning of keys that a glob has", () => {
    const selection = { key: "roof/*.csv", states: ["failed"], fingerprints: ["A/b/1"], since: "2026-01-01", until: "2026-02-01" } as const;
    expect(queryOf(selection).filter).toEqual({
      $and: [
        { _id: { $regex: "^roof" } },
        { state: { $in: ["failed"] } },
        { "reason.fingerprint": { $in: ["A/b/1"] } },
        { state_since: { $gte: new Date("2026-01-01") } },
        { state_since: { $lt: new Date("2026-02-01") } },
      ],
    });
  });

  it.each(["(a|b)/*", "!a", "{a,b}", "**", "*.csv", "[ab]c"])("asks for no beginning that keys of the glob %s need not have", (key) => {
    expect(JSON.stringify(queryOf({ key }).filter)).not.toContain("$regex");
  });

  it("means named objects in whatever state, and no namesakes in other containers", () => {
    const { filter, fits, isIn } = queryOf({ objects: ["campus/a/b.csv"] });
    expect(filter).toEqual({ $and: [{ _id: { $in: ["a/b.csv"] } }] });
    expect([isIn("campus"), isIn("camp"), isIn("cloud")]).toEqual([true, false, false]);
    expect(fits(document("a/b.csv"))).toBe(true);
    expect(fits(document("a/b.csv", { swift_container: "cloud" }))).toBe(false);
  });

  it("looks at globs, types, and the DAGs and plans of the last run", () => {
    const one = document("roof/.1.csv", { successful_operations: [older, newer], failed_operations: [beside] });
    const fits = (selection: Parameters<typeof queryOf>[0]) => queryOf(selection).fits(one);
    expect(fits({ key: "roof/**", types: ["text/*"], dags: ["other", "pictures"], plans: ["ef"] })).toBe(true);
    expect(fits({ key: "roof" })).toBe(false);
    expect(fits({ types: ["image/*"] })).toBe(false);
    expect(fits({ dags: ["other"] })).toBe(false);
    expect(fits({ plans: ["abcd"] })).toBe(false);
  });

  it("refuses a time that is none", () => {
    expect(() => queryOf({ since: "yesterday" })).toThrow(/`since` is "yesterday"/);
  });
});

describe("an object that a DAG's plan in force has not processed", () => {
  const pattern = { container: ["campus"], key: ["**"], types: ["text/csv"], priority: 0 };
  const plan = (dag: string, priority = 0) =>
    ({ format: "sluice.plan/1", dag, on: [{ ...pattern, priority }], tasks: {}, nodes: [], scopes: [], stages: [] }) as const;
  const current: PublishedPlan = { hash: "ef01", plan: plan("readings"), code: { parse: "c1" } };
  const isChosen = (one: CatalogDocument, inForce = [current]) => queryOf({ notByCurrent: "readings" }, inForce).fits(one);

  it("is one of its own, without a success of just this plan and code in its last run", () => {
    expect(isChosen(document("1"))).toBe(true);
    expect(isChosen(document("1", { successful_operations: [older] }))).toBe(true);
    expect(isChosen(document("1", { successful_operations: [older, newer] }))).toBe(false);
    expect(isChosen(document("1", { successful_operations: [{ ...newer, code: { parse: "c0" } }] }))).toBe(true);
    expect(isChosen(document("1", { failed_operations: [newer] }))).toBe(true);
  });

  it("is none that the DAG does not take: of another type, or taken by one of a higher priority", () => {
    expect(isChosen(document("1", { content_type: "image/png" }))).toBe(false);
    expect(isChosen(document("1"), [current, { hash: "99", plan: plan("first", 5), code: {} }])).toBe(false);
  });

  it("is not looked for where no such DAG is in force", () => {
    expect(() => queryOf({ notByCurrent: "unknown" }, [current])).toThrow(/No DAG in force is called "unknown"/);
  });
});

describe("lastOperations", () => {
  it("are those of the run that ended last", () => {
    expect(lastOperations({ successful_operations: [older, newer], failed_operations: [beside] })).toEqual([newer, beside]);
    expect(lastOperations({ successful_operations: [], failed_operations: [] })).toEqual([]);
  });
});
