/** The keys of all references to the work area, wherever they stand in a value. */
export function* workIn(value: unknown): Generator<string> {
  if (typeof value !== "object" || value === null) return;
  if ("work" in value && typeof value.work === "string" && "size" in value) yield value.work;
  for (const inner of Object.values(value)) yield* workIn(inner);
}
