/** A header as names of fields: a column without one gets its number, the second of one name a suffix. */
export function columnNames(header: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return header.map((cell, index) => {
    const given = cell.trim() || `column ${index + 1}`;
    // Set on an object, this name would change its prototype and lose the cell.
    const wanted = given === "__proto__" ? "_proto_" : given;
    let name = wanted;
    for (let copy = 2; taken.has(name); copy++) name = `${wanted} ${copy}`;
    taken.add(name);
    return name;
  });
}
