import { isDateTime, isInt } from "neo4j-driver";

/** A value that Neo4j keeps as a property: scalars, dates and lists of one kind; made by `toProperty`. */
export type Properties = { readonly [name: string]: unknown };

export type NodePart = { readonly label: string; readonly key: Properties; readonly properties: Properties };

export type EndPart = { readonly label: string; readonly key: Properties };

export type RelationPart = {
  readonly type: string;
  readonly from: EndPart;
  readonly to: EndPart;
  readonly properties: Properties;
};

/** Nodes and relations that one row makes. */
export type GraphParts = { readonly nodes: readonly NodePart[]; readonly relations: readonly RelationPart[] };

/** The same text for the same node, whatever the order of its key's properties. */
export function nodeIdentity({ label, key }: EndPart): string {
  return JSON.stringify([label, ...keyNames(key).map((name) => [name, plain(key[name])])]);
}

export function relationIdentity({ type, from, to }: RelationPart): string {
  return JSON.stringify([type, nodeIdentity(from), nodeIdentity(to)]);
}

export function keyNames(key: Properties): readonly string[] {
  return Object.keys(key).sort();
}

/** The driver's integers and dates as they print, apart from texts that read the same. */
function plain(value: unknown): unknown {
  return isInt(value) || isDateTime(value) ? [value.toString()] : value;
}
