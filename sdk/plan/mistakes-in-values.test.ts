import { describe } from "vitest";
import { anything, compile, itReports, parse, read, text, untyped } from "../../tests/plans/mistakes.ts";
import type { Value } from "../index.ts";

let leaked: Value<string>;
let outer: { readonly key: Value<string> };
let turn = 0;

function compileInside(): void {
  leaked = untyped(outer.key);
}
compile((arrived) => {
  outer = arrived;
  text("x");
});

describe("compileDag reports values that are used as what they are not", () => {
  itReports(import.meta.url, [
    [
      "COMPARED_SYMBOL",
      "A value of the flow (read.n) is compared, calculated with or printed",
      (arrived) => {
        anything({ n: untyped(read(arrived).n) + 1 }); // COMPARED_SYMBOL
      },
    ],
    [
      "PRINTED_SYMBOL",
      "(object.key) is turned into JSON",
      (arrived) => {
        anything(JSON.stringify({ key: arrived.key })); // PRINTED_SYMBOL
      },
    ],
    [
      "ITERATED_SYMBOL",
      "use `map(list, (item) => …)`",
      (arrived) => {
        for (const line of untyped(read(arrived).list) as Iterable<string>) text(line); // ITERATED_SYMBOL
        text("x");
      },
    ],
    [
      "SPREAD_SYMBOL",
      "name the fields you want",
      (arrived) => {
        anything({ ...read(arrived), more: 1 }); // SPREAD_SYMBOL
      },
    ],
    [
      "ASSIGNED_SYMBOL",
      "values of a flow are read-only",
      (arrived) => {
        const value: { n: unknown } = untyped(read(arrived));
        value.n = 2; // ASSIGNED_SYMBOL
      },
    ],
    [
      "FIELD_OF_ROWS",
      "consume it in a task with `in: rows(Schema)`",
      (arrived) => {
        anything(untyped(parse(arrived))["n"]); // FIELD_OF_ROWS
      },
    ],
    [
      "FOREIGN_SYMBOL",
      "The input of text comes from another flow",
      () => {
        compileInside();
        text(leaked); // FOREIGN_SYMBOL
      },
    ],
    [
      "UNSERIALISABLE_CONSTANT",
      "The input of anything.by is a value of type function, which a plan cannot hold",
      (arrived) => {
        anything({ n: read(arrived).n, by: untyped(() => 1) }); // UNSERIALISABLE_CONSTANT
      },
    ],
    [
      "FLOW_THREW",
      "The flow threw: on purpose",
      () => {
        throw new Error("on purpose"); // FLOW_THREW
      },
    ],
    [
      "ASYNC_FLOW",
      "asynchronous work belongs into tasks",
      async (arrived) => {
        read(arrived);
      },
    ],
    [
      "FLOW_NOT_DETERMINISTIC",
      "wires something else each time it is run",
      (arrived) => {
        anything({ turn: turn++, of: read(arrived) });
      },
    ],
    [
      "UNSERIALISABLE_CONSTANT",
      "The input of anything.self is a part of itself",
      () => {
        const circle: { self?: unknown } = {};
        circle.self = circle;
        anything(untyped(circle)); // UNSERIALISABLE_CONSTANT 2
      },
    ],
  ]);
});
