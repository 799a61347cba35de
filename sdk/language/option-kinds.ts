import { type Duration, milliseconds } from "./duration.ts";

/** What an option expects, in words and as a question. */
export type Kind = {
  readonly expected: string;
  readonly takes: (value: unknown) => boolean;
  readonly required?: boolean;
  /** The options that it has itself, where it is a record. */
  readonly within?: { readonly [name: string]: Kind };
};

const kind = (expected: string, takes: Kind["takes"]): Kind => ({ expected, takes });

export const required = (option: Kind): Kind => ({ ...option, required: true });

export const anything = kind("any value", () => true);
export const text = kind("a text that is not empty", isText);
export const texts = kind("a list of texts", (value) => Array.isArray(value) && value.every(isText));
export const flag = kind("true or false", (value) => typeof value === "boolean");
export const number = kind("a number", Number.isFinite);
export const count = kind("a whole number from 0", (value) => Number.isSafeInteger(value) && Number(value) >= 0);
export const factor = kind("a number from 1", (value) => Number.isFinite(value) && Number(value) >= 1);
export const callback = kind("a function", (value) => typeof value === "function");
export const globs = kind("a glob, or a list of at least one", (value) => oneOrMore(value, isText));
export const contentTypes = kind("a content type such as text/csv or image/*, or a list of at least one", (value) =>
  oneOrMore(value, (one) => typeof one === "string" && (one === "*" || one === "*/*" || /^[\w.+-]+\/(\*|[\w.+-]+)$/.test(one))),
);
export const duration = kind('milliseconds above 0, or text such as "90s", "10m", "2h"', isDuration);
export const namedTexts = kind("an object of texts", (value) => isRecord(value) && Object.values(value).every(isText));

export const oneOf = (values: readonly unknown[]): Kind =>
  kind(values.map((value) => JSON.stringify(value)).join(" or "), (value) => values.includes(value));

/** A record that has options itself, or what `or` takes. */
export const record = (within: { readonly [name: string]: Kind }, or?: Kind): Kind => ({
  expected: `${or ? `${or.expected}, or ` : ""}an object with ${Object.keys(within).join(", ")}`,
  takes: (value) => or?.takes(value) ?? false,
  within,
});

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function isRecord(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function oneOrMore(value: unknown, takes: (one: unknown) => boolean): boolean {
  return Array.isArray(value) ? value.length > 0 && value.every(takes) : takes(value);
}

function isDuration(value: unknown): boolean {
  try {
    return milliseconds(value as Duration) > 0;
  } catch {
    return false;
  }
}
