import { isDeepStrictEqual } from "node:util";
import neo4j, { type EagerResult } from "neo4j-driver";
import type { ExpectedImage, Scalar } from "../generator/expected.ts";
import { type CatalogEntries, emptyTally, type Finding, nameOf, type Tally, type Unit, type Units } from "./finding.ts";

type Properties = { readonly [name: string]: unknown };
type Node = { readonly id: string; readonly label: string; readonly properties: Properties };
type Relation = { readonly type: string; readonly from: string; readonly to: string };

async function readGraph(url: string): Promise<{ readonly nodes: readonly Node[]; readonly relations: readonly Relation[] }> {
  await using driver = neo4j.driver(url, undefined, { disableLosslessIntegers: true });
  const nodes = await driver.executeQuery<EagerResult<Node>>(
    "MATCH (n) RETURN elementId(n) AS id, labels(n)[0] AS label, properties(n) AS properties",
  );
  const relations = await driver.executeQuery<EagerResult<Relation>>(
    "MATCH (a)-[r]->(b) RETURN type(r) AS type, elementId(a) AS from, elementId(b) AS to",
  );
  return { nodes: nodes.records.map((record) => record.toObject()), relations: relations.records.map((record) => record.toObject()) };
}

const keys: { readonly [label: string]: readonly string[] } = { OBJECT: ["type"], CAMERA: ["name"], PLACE: ["latitude", "longitude"] };

/** An image is known by its name, whatever id the lake gave it; what it shows by its key. */
function identityOf({ label, properties }: Pick<Node, "label" | "properties">): string {
  if (label === "IMAGE") return `image ${String(properties["container"])}/${String(properties["name"])}`;
  return JSON.stringify([label, ...(keys[label] ?? Object.keys(properties)).map((name) => properties[name])]);
}

type Image = { readonly unit: Unit; readonly image: ExpectedImage; readonly number: number | undefined; readonly id: string | undefined };

/** Every image is a node with what its last version says of it; what several show is one node, held by exactly these. */
export async function auditGraph(url: string, units: Units, catalog: CatalogEntries): Promise<readonly Finding[]> {
  const images = [...units.values()].flatMap((unit): readonly Image[] => {
    const { expected } = unit.content;
    const entry = catalog.get(nameOf(unit));
    if (expected.state !== "processed" || !expected.image) return [];
    return [{ unit, image: expected.image, number: entry?.object_number, id: entry?.swift_object_id }];
  });
  const graph = await readGraph(url);
  return [auditNodes(graph.nodes, images), auditRelations(graph, images)];
}

function auditNodes(nodes: readonly Node[], images: readonly Image[]): Finding {
  const tally = emptyTally();
  const wanted = new Map<string, { readonly properties: { readonly [name: string]: Scalar }; readonly holders: Set<number> }>();
  const want = (identity: string, properties: { readonly [name: string]: Scalar }, number = -1) => {
    const known = wanted.get(identity);
    if (known) known.holders.add(number);
    else wanted.set(identity, { properties, holders: new Set([number]) });
  };
  for (const { unit, image, number, id } of images) {
    want(`image ${nameOf(unit)}`, { ...image.properties, ...(id !== undefined && { swift_id: id }) }, number);
    for (const { label, key } of image.relations) want(identityOf({ label, properties: key }), key, number);
  }
  const expected = wanted.size;
  const seen = new Set<string>();
  for (const node of nodes) {
    const identity = identityOf(node);
    const one = wanted.get(identity);
    if (!one) tally.left.push(`node ${identity}`);
    else if (seen.has(identity)) tally.duplicated.push(`node ${identity}`);
    else compareNode(tally, identity, node.properties, one.properties, [...one.holders]);
    seen.add(identity);
  }
  for (const identity of wanted.keys()) if (!seen.has(identity)) tally.lost.push(`node ${identity}`);
  return { what: "nodes", expected, found: nodes.length, ...tally };
}

function compareNode(tally: Tally, identity: string, found: Properties, expected: Properties, holders: readonly number[]): void {
  const told = Object.fromEntries(Object.keys(expected).map((name) => [name, found[name]]));
  if (!isDeepStrictEqual(told, { ...expected }))
    tally.wrong.push(`node ${identity}: ${JSON.stringify(told)}, must be ${JSON.stringify(expected)}`);
  const held = found["sluice_objects"];
  const numbers = Array.isArray(held) ? held.map(Number) : [];
  const ascending = (values: readonly number[]) => values.toSorted((one, other) => one - other);
  if (!isDeepStrictEqual(ascending(numbers), ascending(holders))) {
    const place = numbers.some((number) => !holders.includes(number)) ? tally.left : tally.wrong;
    place.push(`node ${identity}: held by ${ascending(numbers).join(", ")}, must be ${ascending(holders).join(", ")}`);
  }
}

function auditRelations(
  { nodes, relations }: { readonly nodes: readonly Node[]; readonly relations: readonly Relation[] },
  images: readonly Image[],
): Finding {
  const tally = emptyTally();
  const identities = new Map(nodes.map((node) => [node.id, identityOf(node)]));
  const wanted = new Set(
    images.flatMap(({ unit, image }) =>
      image.relations.map(({ type, label, key }) => `image ${nameOf(unit)} -[${type}]-> ${identityOf({ label, properties: key })}`),
    ),
  );
  const seen = new Set<string>();
  for (const { type, from, to } of relations) {
    const identity = `${identities.get(from)} -[${type}]-> ${identities.get(to)}`;
    if (!wanted.has(identity)) tally.left.push(identity);
    else if (seen.has(identity)) tally.duplicated.push(identity);
    seen.add(identity);
  }
  for (const identity of wanted) if (!seen.has(identity)) tally.lost.push(identity);
  return { what: "relations", expected: wanted.size, found: relations.length, ...tally };
}
