/** A summary in the Temporal UI may have 400 bytes, as JSON with its encoding's name around it. */
export const maxSummaryBytes = 350;

const encoder = new TextEncoder();

/** Cuts a long summary: a workflow whose summary is too long would not start, or fail. */
export function fitSummary(summary: string): string {
  if (bytesOf(summary) <= maxSummaryBytes) return summary;
  let cut = "";
  let bytes = 5;
  for (const character of summary) {
    bytes += bytesOf(character) - 2;
    if (bytes > maxSummaryBytes) break;
    cut += character;
  }
  return `${cut}…`;
}

/** As JSON, with its quotes. */
function bytesOf(text: string): number {
  return encoder.encode(JSON.stringify(text)).length;
}

type Named = { readonly container: string; readonly key: string };

/** Objects of a group that are named, and letters of a name. */
const namedObjects = 3;
const nameLength = 60;

/** `campus/roof.csv`, or `37 objects of campus: roof.csv, u4.json, hall.csv, …`. */
export function subjectOf(objects: readonly Named[]): string {
  const [first] = objects;
  if (!first) return "nothing";
  if (objects.length === 1) return `${first.container}/${shortened(first.key, 2 * nameLength)}`;
  const names = objects.slice(0, namedObjects).map(({ key }) => shortened(key.slice(key.lastIndexOf("/") + 1), nameLength));
  return `${objects.length} objects of ${first.container}: ${names.join(", ")}${objects.length > namedObjects ? ", …" : ""}`;
}

/** By its middle: a key's beginning says where an object belongs, its end what it is. */
function shortened(name: string, length: number): string {
  const letters = Array.from(name);
  if (letters.length <= length) return name;
  const half = Math.floor((length - 1) / 2);
  return `${letters.slice(0, half).join("")}…${letters.slice(-half).join("")}`;
}
