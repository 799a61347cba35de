import { describe } from "vitest";
import { z } from "zod";
import { anything, itReports, parse, read, room, text, untyped } from "../../tests/plans/mistakes.ts";
import { after, map, match, object, rows, rule, task, type Value } from "../index.ts";
import { mongoDocuments } from "../integrators.ts";

const write = task({ name: "write", in: rows(z.object({ n: z.number() })), run: () => {} });
const beating = task({ name: "beating", in: z.string(), run: () => {}, heartbeat: "10s" });
const undone = task({ name: "undone", in: z.string(), run: () => {}, undo: () => {} });
const readAgain = task({ name: "read", in: object, out: z.string(), run: () => "" }); // TWO_TASKS_OF_ONE_NAME

describe("compileDag reports what does not fit together", () => {
  itReports(import.meta.url, [
    [
      "TWO_TASKS_OF_ONE_NAME",
      'Two tasks are called "read"; the other stands in line',
      (arrived) => {
        read(arrived);
        readAgain(arrived);
      },
    ],
    [
      "AFTER_WHAT",
      "Input 2 of after is not what a task, match or map returned",
      (arrived) => {
        after([read(arrived), untyped("read")], rule.allDone, () => text("x")); // AFTER_WHAT
      },
    ],
    [
      "AFTER_NOTHING",
      "its rule has nothing to judge",
      () => {
        after([], rule.allDone, () => text("x")); // AFTER_NOTHING
      },
    ],
    [
      "MAP_OVER_ROWS",
      "map is for lists",
      (arrived) => {
        map(untyped(parse(arrived)), () => text("x")); // MAP_OVER_ROWS
      },
    ],
    [
      "MAP_YIELDS_ROWS",
      "Let it consume them and return a value",
      (arrived) => {
        map(read(arrived).list, () => untyped(parse(arrived))); // MAP_YIELDS_ROWS
      },
    ],
    [
      "MAP_NOT_LIST",
      "map goes over a value of type number; expected a list",
      (arrived) => {
        map(untyped(read(arrived).n) as Value<string[]>, (item) => text(item)); // MAP_NOT_LIST
      },
    ],
    [
      "WRONG_CONCURRENCY",
      "Found concurrency 0; expected a whole number from 1 to 500",
      (arrived) => {
        map(read(arrived).list, (item) => text(item), { concurrency: 0 }); // WRONG_CONCURRENCY
      },
    ],
    [
      "WRONG_TOLERANCE",
      'Found tolerate "120%"',
      (arrived) => {
        map(read(arrived).list, (item) => text(item), { tolerate: "120%" }); // WRONG_TOLERANCE
      },
    ],
    [
      "MATCH_ON_CONSTANT",
      'match branches by the constant "x"',
      () => {
        match(untyped("x"), { x: () => text("x") }); // MATCH_ON_CONSTANT
      },
    ],
    [
      "MIXED_BRANCHES",
      "Let all yield rows, or none",
      (arrived) => {
        match(arrived.type, { "text/csv": () => parse(arrived), otherwise: () => untyped(text("x")) }); // MIXED_BRANCHES
      },
    ],
    [
      "EMPTY_MATCH",
      "This match has no branches",
      (arrived) => {
        text("x");
        match(arrived.type, {}); // EMPTY_MATCH
      },
    ],
    [
      "MISSING_BRANCH",
      'Arrivals of type "application/json" have no branch',
      (arrived) => {
        match(arrived.type, { "text/csv": () => text("x") }); // MISSING_BRANCH
      },
    ],
    [
      "UNREACHABLE_BRANCH",
      'The branch "image/png" can never run: no arrival of this DAG has that type (text/csv, application/json)',
      (arrived) => {
        match(arrived.type, { "image/png": () => text("x"), otherwise: () => text("y") }); // UNREACHABLE_BRANCH
      },
    ],
    [
      "UNREACHABLE_BRANCH",
      '"text/*" before it takes everything',
      (arrived) => {
        match(arrived.type, { "text/*": () => text("x"), "text/csv": () => text("y"), otherwise: () => text("z") }); // UNREACHABLE_BRANCH 2
      },
    ],
    [
      "LEFT_MAP",
      '"text:2" uses "text", which is in the body of a map',
      (arrived) => {
        let inside: Value<string> | undefined;
        map(read(arrived).list, (item) => (inside = text(item)));
        text(untyped(inside)); // LEFT_MAP
      },
    ],
    [
      "WRONG_WIRE",
      'The input of "write" is a single value; its task expects a stream of rows',
      (arrived) => {
        write(untyped(read(arrived))); // WRONG_WIRE
      },
    ],
    [
      "WRONG_WIRE",
      'The input of "anything" is a stream of rows; its task expects a single value',
      (arrived) => {
        anything({ rows: untyped(parse(arrived)) }); // WRONG_WIRE 2
      },
    ],
    [
      "WRONG_WIRE",
      'The input of "text" is of type number; its task expects type string',
      (arrived) => {
        text(untyped(read(arrived).n)); // WRONG_WIRE 3
      },
    ],
    [
      "WRONG_WIRE",
      'The options of "mongo-documents" hold a stream of rows',
      (arrived) => {
        mongoDocuments(read(arrived), { collection: untyped(parse(arrived)) }); // WRONG_WIRE 4
      },
    ],
    [
      "WRONG_WIRE",
      'The input of "text" is of type number; its task expects type string',
      () => {
        text(untyped(3)); // WRONG_WIRE 5
      },
    ],
    [
      "WRONG_WIRE",
      'The input of "room" is of type boolean in "seats"; its task expects type number',
      (arrived) => {
        room({ name: arrived.key, seats: untyped(true) }); // WRONG_WIRE 6
      },
    ],
    [
      "WRONG_WIRE",
      'The input of "room" is without "name"; its task expects it',
      () => {
        room(untyped({ seats: 3 })); // WRONG_WIRE 7
      },
    ],
    [
      "UNDO_IN_MAP",
      '"undone" has an `undo` and stands in the body of a map',
      (arrived) => {
        map(read(arrived).list, (item) => undone(item)); // UNDO_IN_MAP
      },
    ],
    [
      "HEARTBEAT_IN_MAP",
      "the engine itself heartbeats for the items",
      (arrived) => {
        map(read(arrived).list, (item) => beating(item)); // HEARTBEAT_IN_MAP
      },
    ],
  ]);
});
