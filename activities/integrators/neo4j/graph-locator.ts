import type { Receipt } from "../../../sdk/contracts/receipt.ts";

export type GraphLocator = {
  readonly object: number;
  readonly labels: readonly string[];
  readonly types: readonly string[];
};

export function graphLocatorOf({ locator }: Receipt): GraphLocator {
  const { object, labels, types } = locator;
  return { object: Number(object), labels: Array.isArray(labels) ? labels : [], types: Array.isArray(types) ? types : [] };
}

/** `:Sensor :Room -[:IN]->`. */
export function graphPlace({ labels, types }: GraphLocator): string {
  return [...labels.map((label) => `:${label}`), ...types.map((type) => `-[:${type}]->`)].join(" ");
}
