/**
 * A label, a type or a property's name in Cypher, quoted so that nothing in it is taken for Cypher. Cypher reads
 * `\u0060` as a backtick before it looks at quotes, so backslashes are written as escapes of their own.
 */
export function quoted(name: string): string {
  return `\`${name.replaceAll("\\", "\\u005C").replaceAll("`", "``")}\``;
}

/** `{`a`: row.key.`a`, …}`: the pattern that a key is merged by. */
export function keyPattern(names: readonly string[], of: string): string {
  return `{${names.map((name) => `${quoted(name)}: ${of}.${quoted(name)}`).join(", ")}}`;
}

/**
 * Adds the object to those that hold a node or relation, once. What was there before any object wrote it is held by
 * number 0, so that no undo deletes it.
 */
export function holdBy(variable: string, created: string): string {
  return [
    `ON CREATE SET ${variable}.sluice_objects = [${created}]`,
    `ON MATCH SET ${variable}.sluice_objects = CASE`,
    `  WHEN ${variable}.sluice_objects IS NULL THEN [0, ${created}]`,
    `  WHEN ${created} IN ${variable}.sluice_objects THEN ${variable}.sluice_objects`,
    `  ELSE ${variable}.sluice_objects + ${created} END`,
  ].join("\n");
}
