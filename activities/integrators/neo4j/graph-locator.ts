import type { ObjectInfo } from "../../../sdk/contracts/object.ts";
import type { Receipt } from "../../../sdk/contracts/receipt.ts";
import { quoted } from "./cypher.ts";

export type GraphLocator = {
  readonly object: number;
  readonly labels: readonly string[];
  readonly types: readonly string[];
};

export function graphLocatorOf({ locator }: Receipt): GraphLocator {
  const { object, labels, types } = locator;
  return { object: Number(object), labels: Array.isArray(labels) ? labels : [], types: Array.isArray(types) ? types : [] };
}

/** In a locator, for any label and any type. */
const anyName = "";

/** `:Sensor`, as Cypher has it. */
export function named(name: string): string {
  return name === anyName ? "" : `:${quoted(name)}`;
}

/** `:Sensor :Room -[:IN]->`. */
export function graphPlace({ labels, types }: GraphLocator): string {
  return [...labels.map((label) => `:${label}`), ...types.map((type) => `-[:${type}]->`)].join(" ");
}

/** What a write of whatever nodes and relations may have left of an object. */
export function suspectGraph({ number }: Pick<ObjectInfo, "number">): Receipt {
  const locator: GraphLocator = { object: number, labels: [anyName], types: [anyName] };
  return { sink: "neo4j", what: "nodes and relations", count: 0, where: "of any label and type", locator, suspected: true };
}
