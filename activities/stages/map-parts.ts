import type { Json } from "../../sdk/contracts/json.ts";
import type { Stored } from "../../sdk/interpreter/settled.ts";
import { resultOf } from "../../sdk/interpreter/values.ts";
import type { MapPart } from "../contract.ts";
import { joinWritten } from "../integrators/join-receipts.ts";
import type { WorkArea } from "../work/work-area.ts";
import type { StageActivityDependencies } from "./run-stage-activity.ts";
import { storeValue } from "./store-value.ts";

type Dependencies = Pick<StageActivityDependencies, "work" | "inlineBytes">;

/** A part with its values where they have room. */
export async function partOf(
  { work, inlineBytes }: Dependencies,
  part: Omit<MapPart, "values">,
  values: readonly Json[],
): Promise<MapPart> {
  const small = JSON.stringify(values).length <= inlineBytes;
  return { ...part, values: small ? { inline: values } : { at: await work.put(values) } };
}

/** Puts consecutive parts of a map together; see `Activities.joinMapParts`. */
export async function joinMapParts(needs: Dependencies, parts: readonly MapPart[]): Promise<MapPart> {
  const ordered = parts.toSorted((one, other) => one.from - other.from);
  const values: Json[] = [];
  for (const part of ordered) values.push(...(await valuesOf(needs.work, part)));
  const [from, to] = [ordered[0]?.from ?? 0, ordered.at(-1)?.to ?? 0];
  const retried = ordered.reduce((sum, part) => sum + (part.retried ?? 0), 0);
  const wrote = joinWritten(ordered.flatMap((part) => part.wrote ?? []));
  const broken = ordered.find((part) => part.broken)?.broken;
  return partOf(needs, { from, to, failed: ordered.flatMap(({ failed }) => failed), wrote, retried, ...(broken && { broken }) }, values);
}

/** See `Activities.patchMapPart`. */
export async function patchMapPart(
  needs: Dependencies,
  part: MapPart,
  mended: readonly MapPart[],
  failed: MapPart["failed"],
): Promise<MapPart> {
  const values = [...(await valuesOf(needs.work, part))];
  for (const one of mended) values[one.from - part.from] = (await valuesOf(needs.work, one))[0] ?? null;
  // What an item wrote before it failed is there, and is to be found when it is replaced.
  const wrote = joinWritten([part, ...mended, ...failed].flatMap((one) => one.wrote ?? []));
  return partOf(needs, { ...part, failed: failed.map(({ index, failure }) => ({ index, failure })), wrote }, values);
}

/** See `Activities.collectMap`. */
export async function collectMap(needs: Dependencies, part: MapPart, tolerates: boolean): Promise<Stored> {
  const values = await valuesOf(needs.work, part);
  if (!tolerates) return storeValue(values, needs.work, needs.inlineBytes, [[]]);
  const failures = new Map(part.failed.map(({ index, failure }) => [index - part.from, failure]));
  const results = values.map((value, index) => {
    const failure = failures.get(index);
    return resultOf(failure ? { status: "failed", failure } : { status: "success", value: { inline: null } }, () => value);
  });
  return storeValue(results, needs.work, needs.inlineBytes, [[]]);
}

async function valuesOf(work: WorkArea, { values }: MapPart): Promise<readonly Json[]> {
  return "inline" in values ? values.inline : ((await work.get(values.at)) as readonly Json[]);
}
