/** A name in InfluxQL. */
export function identifier(name: string): string {
  return `"${name.replace(/["\\]/g, "\\$&").replace(/\n/g, "\\n")}"`;
}

/** A text in InfluxQL. */
export function text(value: string): string {
  return `'${value.replace(/['\\]/g, "\\$&").replace(/\n/g, "\\n")}'`;
}

/** Exactly the series with these tags; a tag that the series lacks is given as an empty text, as `GROUP BY *` does. */
export function seriesCondition(tags: { readonly [name: string]: string }): string {
  return Object.entries(tags)
    .map(([name, value]) => `${identifier(name)} = ${text(value)}`)
    .join(" AND ");
}
