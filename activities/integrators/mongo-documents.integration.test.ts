import { afterAll, describe, expect, it } from "vitest";
import { MongoClient } from "mongodb";
import { readEnvironment } from "../../infra/config.ts";
import { createMongoClient } from "../../infra/mongo.ts";
import { freshContext, streamOf } from "./context-under-test.ts";
import { integratorContract } from "./contract.ts";
import { createMongoDocuments } from "./mongo-documents.ts";

const { SLUICE_MONGO_URL } = readEnvironment();
const database = `documents-${process.pid}`;
const mongo = createMongoClient({ SLUICE_MONGO_URL });
const watched = new MongoClient(SLUICE_MONGO_URL, { monitorCommands: true, retryWrites: false, ignoreUndefined: true });
const absent = new MongoClient("mongodb://127.0.0.1:9", { serverSelectionTimeoutMS: 300 });
let requests = 0;
watched.on("commandStarted", ({ commandName }) => {
  if (commandName === "update") requests += 1;
});
const integrator = createMongoDocuments(watched);
const documents = (collection: string) => mongo.db(database).collection<{ _id: string; [name: string]: unknown }>(collection);

integratorContract("mongo-documents", {
  integrator,
  unreachable: createMongoDocuments(absent),
  options: { database, collection: "rows" },
  row: (number, lane) => ({ lane, number, at: new Date(number) }),
  parts: (rows) => rows,
  bad: { row: "no row", code: "NOT_A_ROW" },
  readBack: ({ object }) => documents("rows").countDocuments({ "_object.id": object.id }),
  requests: () => requests,
  many: 20_000,
});

describe("mongo-documents", () => {
  afterAll(async () => {
    await mongo.db(database).dropDatabase();
    await Promise.all([mongo.close(), watched.close(), absent.close()]);
  });

  it("names documents by object, task and row, and says what they were made of", async () => {
    const context = freshContext({ id: "17", container: "campus", key: "a.csv", version: "v3" });
    const receipt = await integrator.write(streamOf([{ a: 1 }, { a: new Date(5) }]), { database, collection: "named" }, context);
    const { number } = context.object;
    const _object = { id: "17", number, container: "campus", key: "a.csv", version: "v3" };
    expect(await documents("named").find().sort({ _id: 1 }).toArray()).toEqual([
      { _id: "17/dag/node/1", _object, a: 1 },
      { _id: "17/dag/node/2", _object, a: new Date(5) },
    ]);
    expect(receipt).toMatchObject({ sink: "mongodb", what: "documents", count: 2, where: `${database}/named` });
  });

  it("names a single value by its object and task", async () => {
    const context = freshContext();
    const receipt = await integrator.write({ words: 7 }, { database, collection: "single" }, context);
    expect(await documents("single").findOne({ _id: `${context.object.id}/dag/node` })).toMatchObject({ words: 7 });
    await integrator.undo(receipt, context);
    expect(await documents("single").countDocuments()).toBe(0);
  });

  it("keeps odd names: dots as they are, its own and operators' in another form", async () => {
    const context = freshContext();
    const value: unknown = JSON.parse(
      '{"a.b": 1, "$set": 2, "_id": "mine", "_object": 3, "__id": 4, "in": {"$ref": 5, "x.y": 6}, "": 7, "__proto__": {"p": 8}}',
    );
    await integrator.write(value, { database, collection: "odd" }, context);
    const found = await documents("odd").findOne({ _id: `${context.object.id}/dag/node` });
    expect(Object.entries(found ?? {}).slice(2)).toEqual([
      ["a.b", 1],
      ["\uFF04set", 2],
      ["__id", "mine"],
      ["__object", 3],
      ["___id", 4],
      ["in", { $ref: 5, "x.y": 6 }],
      ["", 7],
      ["__proto__", { p: 8 }],
    ]);
  });

  it("gives a document named by columns to the object that wrote it last", async () => {
    const [first, second] = [freshContext(), freshContext()];
    const options = { database, collection: "columns", id: ["room", "sensor"] };
    const receipt = await integrator.write(
      streamOf([
        { room: 302, sensor: "a/b" },
        { room: 302, sensor: "c" },
        { room: 302, sensor: "c" },
      ]),
      options,
      first,
    );
    expect(receipt.count).toBe(2);
    await integrator.write(streamOf([{ room: 302, sensor: "c", by: "second" }]), options, second);
    await integrator.undo(receipt, first);
    expect(await documents("columns").find().toArray()).toMatchObject([{ _id: "302/c", by: "second" }]);
    await expect(integrator.write(streamOf([{ room: 1 }]), options, first)).rejects.toMatchObject({
      code: "MISSING_COLUMN",
      place: { row: 1, field: "sensor" },
    });
  });

  it.each([3, 1_200])("keeps apart what two tasks write of one object into one collection: %i rows each", async (rows) => {
    const context = freshContext();
    const other = { ...context, run: { ...context.run, node: "node:2" } };
    const options = { database, collection: "shared" };
    const list = (by: string) => streamOf(Array.from({ length: rows }, (_, n) => ({ n, by })));
    const receipt = await integrator.write(list("one"), options, context);
    await integrator.write(list("other"), options, other);
    const left = () => documents("shared").countDocuments({ "_object.id": context.object.id });
    expect(await left()).toBe(2 * rows);
    await integrator.undo(receipt, context);
    expect(await left()).toBe(rows);
    expect(await documents("shared").countDocuments({ "_object.id": context.object.id, by: "other" })).toBe(rows);
  });

  it("undoes an older version and leaves what the newer one has written", async () => {
    const older = freshContext({ version: "v1" });
    const newer = freshContext({ ...older.object, version: "v2" });
    const options = { database, collection: "versions" };
    const receipt = await integrator.write(streamOf([{ n: 1 }, { n: 2 }, { n: 3 }]), options, older);
    await integrator.write(streamOf([{ n: 10 }]), options, newer);
    await integrator.undo(receipt, older);
    expect(await documents("versions").find().toArray()).toMatchObject([{ n: 10, _object: { version: "v2" } }]);
  });

  it.each([
    ["too large", { text: "x".repeat(17 * 1024 * 1024) }, "DOCUMENT_TOO_LARGE"],
    ["too deep", { list: nested(100) }, "DOCUMENT_TOO_DEEP"],
    ["with NUL in a name", { "a\0b": 1 }, "SINK_REFUSED_DATA"],
  ])("refuses a document %s, with its row", async (_, row, code) => {
    await expect(integrator.write(streamOf([{ fine: 1 }, row]), { database, collection: "refused" }, freshContext())).rejects.toMatchObject(
      { code, kind: "terminal", place: { row: 2 } },
    );
  });
});

function nested(levels: number): unknown {
  return levels === 0 ? 1 : [nested(levels - 1)];
}
