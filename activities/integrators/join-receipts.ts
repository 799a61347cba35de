import type { Receipt, Written } from "../../sdk/contracts/receipt.ts";
import { measurementsNamed, pointsLocatorOf, pointsPlace } from "./influx/undo-points.ts";
import { documentsLocatorOf, ofAllItems } from "./mongo/undo-documents.ts";
import { graphLocatorOf, graphPlace } from "./neo4j/graph-locator.ts";

type Joining = {
  /** Receipts of one place become one. */
  readonly placeOf: (receipt: Receipt) => string;
  /** A receipt by which everything is undone that either of the two speaks of, and of this object nothing else than what the node wrote. */
  readonly join: (one: Receipt, other: Receipt) => Receipt;
  /** What the receipt of a single item becomes first. */
  readonly open?: (receipt: Receipt) => Receipt;
};

const joinings: { readonly [sink: string]: Joining } = {
  influxdb: { placeOf: ({ locator }) => String(locator["database"]), join: joinPoints },
  mongodb: { placeOf: ({ where, locator }) => `${where} ${locator["by"] === "columns"}`, join: joinDocuments, open: openDocuments },
  neo4j: { placeOf: () => "", join: joinGraphs },
};

/** What says the same stands for the same things: whatever unpacks an archive twice makes the same objects. */
const otherwise: Joining = { placeOf: ({ locator }) => JSON.stringify(locator), join: (one) => one };

/** What the items of a map wrote, as one receipt for each node and place: as many for 100,000 items as for one. */
export function joinWritten(written: readonly Written[]): readonly Written[] {
  const groups = Map.groupBy(written, placeOf);
  return [...groups.values()].flatMap(([first, ...others]): readonly Written[] => {
    if (!first) return [];
    const { join, open = (receipt: Receipt) => receipt } = joiningOf(first.receipt);
    return [{ node: first.node, receipt: others.reduce((joined, { receipt }) => join(joined, open(receipt)), open(first.receipt)) }];
  });
}

/**
 * What several tries of the same thing wrote, the latest first: what an earlier one wrote is to be found as well, but
 * where a later one wrote again it does not count.
 */
export function joinTries(tries: readonly (readonly Written[])[]): readonly Written[] {
  const counted = new Set<string>();
  const written = tries.flatMap((wrote) => {
    const places = wrote.map(placeOf);
    const mine = wrote.map((one, index) => (counted.has(places[index] ?? "") ? { ...one, receipt: { ...one.receipt, count: 0 } } : one));
    for (const place of places) counted.add(place);
    return mine;
  });
  return joinWritten(written);
}

function placeOf({ node, receipt }: Written): string {
  return JSON.stringify([node, receipt.sink, joiningOf(receipt).placeOf(receipt)]);
}

function joiningOf({ sink }: Receipt): Joining {
  return joinings[sink] ?? otherwise;
}

function joinPoints(one: Receipt, other: Receipt): Receipt {
  const [mine, theirs] = [pointsLocatorOf(one), pointsLocatorOf(other)];
  const count = one.count + other.count;
  if (mine.to < mine.from) return { ...other, count };
  if (theirs.to < theirs.from) return { ...one, count };
  const all = union(mine.measurements, theirs.measurements);
  const named = mine.measurements.length > 0 && theirs.measurements.length > 0 && all.length <= measurementsNamed;
  const measurements = named ? all : [];
  const [from, to] = [Math.min(mine.from, theirs.from), Math.max(mine.to, theirs.to)];
  const where = pointsPlace(String(one.locator["database"]), named ? measurements : "many");
  return { ...one, count, where, locator: { ...one.locator, measurements, from, to } };
}

function openDocuments(receipt: Receipt): Receipt {
  return { ...receipt, locator: ofAllItems(documentsLocatorOf(receipt)) };
}

function joinDocuments(one: Receipt, other: Receipt): Receipt {
  const rows = documentsLocatorOf(one).rows + documentsLocatorOf(other).rows;
  return { ...one, count: one.count + other.count, locator: { ...one.locator, rows } };
}

function joinGraphs(one: Receipt, other: Receipt): Receipt {
  const [mine, theirs] = [graphLocatorOf(one), graphLocatorOf(other)];
  const locator = { ...mine, labels: union(mine.labels, theirs.labels), types: union(mine.types, theirs.types) };
  return { ...one, count: one.count + other.count, where: graphPlace(locator), locator };
}

function union(one: readonly string[], other: readonly string[]): readonly string[] {
  return [...new Set([...one, ...other])].sort();
}
