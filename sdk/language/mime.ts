/** Content types by a short name, for `arrival` and `match`. Any other type is written as it is. */
export const mime = {
  csv: "text/csv",
  tsv: "text/tab-separated-values",
  json: "application/json",
  jsonLines: "application/x-ndjson",
  excel: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  text: "text/plain",
  sql: "application/sql",
  image: "image/*",
  jpeg: "image/jpeg",
  png: "image/png",
  zip: "application/zip",
  tar: "application/x-tar",
  gzip: "application/gzip",
  binary: "application/octet-stream",
  any: "*/*",
} as const;

/** Whether a content type falls under a pattern such as `text/csv`, `image/*` or `*\/*`. */
export function typeMatches(pattern: string, type: string): boolean {
  if (pattern === "*/*" || pattern === "*" || pattern === type) return true;
  return pattern.endsWith("/*") && type.startsWith(pattern.slice(0, -1));
}

/** Whether some content type falls under both patterns. */
export function typesOverlap(one: string, other: string): boolean {
  return typeMatches(one, other) || typeMatches(other, one);
}
