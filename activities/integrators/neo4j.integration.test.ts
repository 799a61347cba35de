import { afterAll, describe, expect, it } from "vitest";
import { readEnvironment } from "../../infra/config.ts";
import { createNeo4jDriver } from "../../infra/neo4j.ts";
import type { TaskContext } from "../../sdk/execution/context.ts";
import { freshContext, streamOf } from "./context-under-test.ts";
import { integratorContract } from "./contract.ts";
import { createGraphWriter } from "./neo4j/graph-writer.ts";
import { quoted } from "./neo4j/cypher.ts";
import { createNeo4jGraph } from "./neo4j-graph.ts";
import { createNeo4jNodes } from "./neo4j-nodes.ts";
import { createNeo4jRelations } from "./neo4j-relations.ts";

const settings = readEnvironment();
const driver = createNeo4jDriver(settings);
const absent = createNeo4jDriver({ ...settings, SLUICE_NEO4J_URL: "bolt://127.0.0.1:9" });
/** Labels of this run only; what they leave behind is removed at the end. */
const mark = `Test${process.pid}`;
let requests = 0;
const writer = createGraphWriter({
  session: (options) => {
    requests += 1;
    return driver.session(options);
  },
});
const [graph, nodes, relations] = [createNeo4jGraph(writer), createNeo4jNodes(writer), createNeo4jRelations(writer)];

async function ask(statement: string, parameters: object = {}): Promise<readonly Record<string, unknown>[]> {
  const { records } = await driver.executeQuery(statement, parameters);
  return records.map((record) => record.toObject());
}

async function countOf({ object }: TaskContext): Promise<number> {
  const [row] = await ask(
    `MATCH (n) WHERE $object IN n.sluice_objects WITH count(n) AS nodes
     OPTIONAL MATCH ()-[r]->() WHERE $object IN r.sluice_objects WITH nodes, count(r) AS relations RETURN nodes + relations AS parts`,
    { object: object.number },
  );
  return Number(row?.["parts"]);
}

integratorContract("neo4j-nodes", {
  integrator: nodes,
  unreachable: createNeo4jNodes(createGraphWriter(absent)),
  options: { label: `${mark}Sensor`, key: ["name"] },
  row: (number, lane) => ({ name: `${lane}-${number}`, value: number / 3 }),
  parts: (rows) => rows,
  bad: { row: { name: null }, code: "MISSING_KEY" },
  readBack: countOf,
  requests: () => requests,
  many: 20_000,
});

describe("the integrators of Neo4j", () => {
  afterAll(async () => {
    await ask(`MATCH (n) WHERE any(label IN labels(n) WHERE label STARTS WITH $mark) DETACH DELETE n`, { mark });
    const constraints = await ask(
      `SHOW CONSTRAINTS YIELD name, labelsOrTypes WHERE any(label IN labelsOrTypes WHERE label STARTS WITH $mark) RETURN name`,
      { mark },
    );
    for (const { name } of constraints) await ask(`DROP CONSTRAINT ${quoted(String(name))}`);
    await Promise.all([driver.close(), absent.close()]);
  });

  const image = (id: number, things: readonly string[]) => ({
    nodes: [
      {
        label: `${mark}Image`,
        key: { swift_id: id },
        properties: { width: 640, ratio: 1.5, taken: new Date(0), lens: null, tags: ["a", "b"] },
      },
    ],
    relations: things.map((type) => ({
      type: "SUBJECT",
      from: { label: `${mark}Image`, key: { swift_id: id } },
      to: { label: `${mark}Thing`, key: { type } },
      properties: {},
    })),
  });

  it("writes a graph once however often it is given, whole numbers as whole numbers", async () => {
    const context = freshContext();
    const receipt = await graph.write(image(1, ["dog", "tree"]), {}, context);
    expect(await graph.write(image(1, ["dog", "tree"]), {}, context)).toEqual(receipt);
    expect(receipt).toMatchObject({ sink: "neo4j", what: "nodes and relations", count: 5 });
    expect(await countOf(context)).toBe(5);
    const [node] = await ask(
      `MATCH (n:${mark}Image) RETURN n.width AS width, valueType(n.width) AS type, n.ratio AS ratio, n.tags AS tags, n.lens AS lens, toString(n.taken) AS taken, n.sluice_objects AS objects`,
    );
    expect(node).toEqual({
      width: 640,
      type: "INTEGER NOT NULL",
      ratio: 1.5,
      tags: ["a", "b"],
      lens: null,
      taken: "1970-01-01T00:00:00Z",
      objects: [context.object.number],
    });
    await graph.undo(receipt, context);
    expect(await countOf(context)).toBe(0);
  });

  it("keeps what another object holds too, and gives it up with the last", async () => {
    const [first, second] = [freshContext(), freshContext()];
    const [a, b] = [await graph.write(image(2, ["cat"]), {}, first), await graph.write(image(3, ["cat"]), {}, second)];
    await graph.undo(a, first);
    expect(await countOf(second)).toBe(3);
    expect(await ask(`MATCH (n:${mark}Thing {type: "cat"}) RETURN n.sluice_objects AS objects`)).toEqual([
      { objects: [second.object.number] },
    ]);
    await graph.undo(b, second);
    expect(await ask(`MATCH (n:${mark}Thing {type: "cat"}) RETURN n`)).toEqual([]);
  });

  it("never deletes a node that was there before, nor one that others have tied to their own", async () => {
    await ask(`CREATE (:${mark}Thing {type: "house"})`);
    const context = freshContext();
    const receipt = await graph.write(image(4, ["house", "roof"]), {}, context);
    await ask(`MATCH (n:${mark}Thing {type: "roof"}) CREATE (:${mark}Foreign)-[:SAW]->(n)`);
    await graph.undo(receipt, context);
    expect(await ask(`MATCH (n:${mark}Thing) WHERE n.type IN ["house", "roof"] RETURN n.type AS type ORDER BY type`)).toEqual([
      { type: "house" },
      { type: "roof" },
    ]);
    expect(await ask(`MATCH (n:${mark}Image {swift_id: 4}) RETURN n`)).toEqual([]);
  });

  it("takes nothing in a name for Cypher", async () => {
    const context = freshContext();
    const odd = ["with space", "back`tick", "`", "``a", "uni\\u0060) DETACH DELETE n //", "\\", "a\\u", "é😀"];
    const label = (name: string) => `${mark}${name}`;
    const receipt = await graph.write(
      {
        nodes: odd.map((name) => ({ label: label(name), key: { [`k${name}`]: name }, properties: { [`p${name}`]: name } })),
        relations: odd.map((name) => ({
          type: `T${name}`,
          from: { label: label(name), key: { [`k${name}`]: name } },
          to: { label: label("x"), key: { x: 1 } },
          properties: { [`r${name}`]: 1 },
        })),
      },
      {},
      context,
    );
    const found = await ask(
      `MATCH (n)-[r]->() WHERE $object IN n.sluice_objects RETURN labels(n) AS labels, properties(n) AS properties, type(r) AS type`,
      { object: context.object.number },
    );
    expect(found).toHaveLength(odd.length);
    for (const name of odd) {
      expect(found).toContainEqual({
        labels: [label(name)],
        type: `T${name}`,
        properties: { [`k${name}`]: name, [`p${name}`]: name, sluice_objects: [context.object.number] },
      });
    }
    await graph.undo(receipt, context);
    expect(await countOf(context)).toBe(0);
  });

  it("ties nodes by rows of relations, making those that are missing", async () => {
    const context = freshContext();
    const options = {
      type: "IN",
      from: { label: `${mark}Probe`, key: { name: "probe" } },
      to: { label: `${mark}Room`, key: { number: "room", floor: "floor" } },
    };
    const rows = Array.from({ length: 300 }, (_, at) => ({ probe: `p${at}`, room: at % 10, floor: "3", since: at }));
    const receipt = await relations.write(streamOf(rows), options, context);
    expect(receipt.count).toBe(300 + 10 + 300);
    expect(
      await ask(
        `MATCH (:${mark}Probe {name: "p7"})-[r:IN]->(room:${mark}Room) RETURN r.since AS since, room.number AS room, room.floor AS floor`,
      ),
    ).toEqual([{ since: 7, room: 7, floor: "3" }]);
    await relations.undo(receipt, context);
    expect(await countOf(context)).toBe(0);
  });

  it.each([
    ["no graph", { nodes: [{ label: 1 }] }, "NOT_A_GRAPH"],
    ["a key without a value", { nodes: [{ label: mark, key: { a: null } }] }, "MISSING_KEY"],
    ["a node without a key", { nodes: [{ label: mark, key: {} }] }, "MISSING_KEY"],
    ["an empty label", { nodes: [{ label: "", key: { a: 1 } }] }, "BAD_NAME"],
    ["a nested property", { nodes: [{ label: mark, key: { a: 1 }, properties: { gps: { lat: 1 } } }] }, "NOT_A_PROPERTY"],
    ["a mixed list", { nodes: [{ label: mark, key: { a: 1 }, properties: { list: [1, "a"] } }] }, "NOT_A_PROPERTY"],
  ])("refuses %s", async (_, value, code) => {
    await expect(graph.write(value, {}, freshContext())).rejects.toMatchObject({ code, kind: "terminal", place: { row: 1 } });
  });

  it("writes from many objects into the same nodes at once", async () => {
    const contexts = Array.from({ length: 20 }, () => freshContext());
    const receipts = await Promise.all(contexts.map((context, at) => graph.write(image(100 + at, ["shared", "also"]), {}, context)));
    expect(receipts.map(({ count }) => count)).toEqual(contexts.map(() => 5));
    const [shared] = await ask(`MATCH (n:${mark}Thing {type: "shared"}) RETURN size(n.sluice_objects) AS objects`);
    expect(shared).toEqual({ objects: 20 });
  });
});
