import { readFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { terminal } from "../sdk/contracts/errors.ts";
import type { JsonObject } from "../sdk/contracts/json.ts";
import type { ObjectName } from "../gateway/client.ts";

/** `CONTAINER/KEY`, the key as it is: nothing in it is decoded. */
export function objectName(text: string): ObjectName {
  const { container, prefix: key } = place(text);
  if (container !== "" && key !== "") return { container, key };
  throw terminal("WRONG_ARGUMENT", `"${text}" names no object. Expected CONTAINER/KEY, e.g. campus/roof/readings.csv.`);
}

/** `CONTAINER[/PREFIX]`. */
export function place(text: string): { readonly container: string; readonly prefix: string } {
  const slash = text.indexOf("/");
  return slash < 0 ? { container: text, prefix: "" } : { container: text.slice(0, slash), prefix: text.slice(slash + 1) };
}

/** A JSON object given on the command line, or in a file: `@file`. */
export function jsonObject(option: string, text: string): JsonObject {
  const file = text.startsWith("@") ? text.slice(1) : undefined;
  const where = file === undefined ? option : `${option} (${file})`;
  try {
    const value: unknown = JSON.parse(file === undefined ? text : readFileSync(file, "utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw terminal("WRONG_ARGUMENT", `${where} cannot be read: ${problem}. Expected a JSON object, or @ and the name of a file with one.`, {
      cause,
    });
  }
  throw terminal("WRONG_ARGUMENT", `${where} is JSON, but no object. Expected {"name": value, …}.`);
}

/** The folders that `--dags` names, each of which must be there. */
export async function dagFolders(named: readonly string[]): Promise<readonly string[]> {
  for (const folder of named) {
    const found = await stat(folder).catch(() => undefined);
    if (found?.isDirectory()) continue;
    throw terminal(
      "NO_SUCH_FOLDER",
      `--dags: there is no folder ${folder}. Name a folder of DAG files; \`sluice dags new NAME --dir ${folder}\` makes one.`,
    );
  }
  return named.map((folder) => resolve(folder));
}

/** `type/subtype`, parameters or not, for commander. */
export function contentType(option: string) {
  return (text: string): string => {
    if (/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+\s*(;.*)?$/.test(text)) return text;
    throw terminal("WRONG_ARGUMENT", `${option}: found "${text}", expected type/subtype, e.g. text/csv.`);
  };
}

/** A whole number above 0, for commander. */
export function positive(option: string) {
  return (text: string): number => {
    const parsed = z.coerce.number().int().positive().safeParse(text);
    if (parsed.success) return parsed.data;
    throw terminal("WRONG_ARGUMENT", `${option}: found "${text}", expected a whole number above 0.`);
  };
}

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A time, `2026-11-21` or `2026-11-21T13:20:00Z`, or how long ago, `30m`, `2h`, `7d`; for commander, as ISO 8601. */
export function time(option: string, now = new Date()) {
  return (text: string): string => {
    const [, amount, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
    const at = amount === undefined ? new Date(text) : new Date(now.getTime() - Number(amount) * units[unit as keyof typeof units]);
    if (!Number.isNaN(at.getTime())) return at.toISOString();
    throw terminal("WRONG_ARGUMENT", `${option}: found "${text}". Expected a time as 2026-11-21T13:20, or how long ago, as 30m, 2h or 7d.`);
  };
}
