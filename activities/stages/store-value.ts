import { terminal } from "../../sdk/contracts/errors.ts";
import type { Json } from "../../sdk/contracts/json.ts";
import { toJson } from "../../sdk/execution/serial.ts";
import type { Stored } from "../../sdk/interpreter/settled.ts";
import { type Elsewhere, exposedKey, follow } from "../../sdk/interpreter/values.ts";
import type { WorkArea } from "../work/work-area.ts";

type Path = readonly (string | number)[];

/** Keeps a node's value: small ones travel inline, large ones stay in the work area with what the plan decides by. */
export async function storeValue(value: unknown, work: WorkArea, inlineBytes: number, exposes: readonly Path[] = []): Promise<Stored> {
  let json: Json;
  try {
    json = toJson(value, "The task's output");
  } catch (cause) {
    throw terminal("NOT_SERIALISABLE", cause instanceof Error ? cause.message : String(cause), { cause });
  }
  if (JSON.stringify(json).length <= inlineBytes) return { inline: json };
  const exposed = exposes.map((path) => [exposedKey(path), expose(follow(json, path))] as const);
  return { at: await work.put(json), ...(exposed.length > 0 && { exposed: Object.fromEntries(exposed) }) };
}

function expose(value: Json): Json {
  if (Array.isArray(value)) return { length: value.length };
  return typeof value === "object" ? null : value;
}

/** Fetches what an expression wants of the work area. */
export async function fetchValue({ stored, path }: Elsewhere, work: WorkArea): Promise<Json> {
  return stored.at && !("rows" in stored) ? follow(await work.get(stored.at), path) : null;
}
