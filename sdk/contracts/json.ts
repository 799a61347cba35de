/** Any value that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json };

/** How deep metadata may be nested: what goes deeper exhausts the stack of what stores it, for all objects. */
export const maxMetadataDepth = 50;

/** Whether the catalog can hold a value: no NUL in names, no infinite number, nesting up to {@link maxMetadataDepth}. */
export function isStorable(value: unknown, depth = maxMetadataDepth): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || value === null) return true;
  return depth > 0 && Object.entries(value).every(([name, inner]) => !name.includes("\0") && isStorable(inner, depth - 1));
}
