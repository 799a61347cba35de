import { basename } from "node:path";
import picomatch from "picomatch";
import type { ObjectInfo } from "../../sdk/contracts/object.ts";
import { typeMatches } from "../../sdk/language/mime.ts";
import type { ArrivalPattern } from "../../sdk/plan/plan.ts";

type Named = Pick<ObjectInfo, "container" | "key" | "type">;

/** What keeps an object from starting a DAG, and the option that says otherwise; undefined where it would start it. */
export function mismatch(on: readonly ArrivalPattern[], { container, key, type }: Named): string | undefined {
  const checks = [
    { name: "type", found: type, takes: (one: ArrivalPattern) => one.types, fits: typeMatches },
    { name: "container", found: container, takes: (one: ArrivalPattern) => one.container, fits: globMatches },
    { name: "key", found: key, takes: (one: ArrivalPattern) => one.key, fits: globMatches },
  ];
  const fits = (one: ArrivalPattern) =>
    checks.filter(({ found, takes, fits: matches }) => takes(one).some((pattern) => matches(pattern, found)));
  if (on.some((one) => fits(one).length === checks.length)) return undefined;
  const wrong = checks.find((check) => !on.some((one) => fits(one).includes(check)));
  if (!wrong) return "no single arrival of the DAG takes its type, container and key together.";
  const { name, found, takes } = wrong;
  return `its ${name} is ${found}, and the DAG takes ${[...new Set(on.flatMap(takes))].join(", ")}. --${name} says another.`;
}

/** The first container that a DAG takes by name. */
export function likelyContainer(on: readonly ArrivalPattern[]): string {
  return on.flatMap(({ container }) => container).find((name) => !picomatch.scan(name).isGlob) ?? "test";
}

/** The first key that the DAG takes, or a file's name below its fixed part. */
export function likelyKey(on: readonly ArrivalPattern[], file: string): string {
  const pattern = on[0]?.key?.[0] ?? "**";
  const { base, isGlob } = picomatch.scan(pattern);
  if (!isGlob) return pattern;
  return base ? `${base}/${basename(file)}` : basename(file);
}

function globMatches(glob: string, text: string): boolean {
  return glob === "**" || picomatch.isMatch(text, glob, { dot: true });
}
