/** Workflow ids are cut to this many bytes of UTF-8 (PostgreSQL keeps 255 characters; links stay readable). */
export const maxWorkflowIdBytes = 200;

const encoder = new TextEncoder();

/** Cuts a long id and ends it in a hash (FNV-1a, 64 bits) of the whole, so that different ids stay different. */
export function fitWorkflowId(id: string): string {
  return fitBytes(id, maxWorkflowIdBytes);
}

/** As {@link fitWorkflowId}, to any number of bytes from 20. */
export function fitBytes(id: string, most: number): string {
  if (encoder.encode(id).length <= most) return id;
  let hash = 0xcbf29ce484222325n;
  for (const byte of encoder.encode(id)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  let cut = "";
  let bytes = 0;
  for (const character of id) {
    bytes += encoder.encode(character).length;
    if (bytes > most - 18) break;
    cut += character;
  }
  return `${cut}~${hash.toString(16).padStart(16, "0")}`;
}

/** `ingest/campus/roof.csv@3f2a…`: the run of one object. `mark` tells runs of one object apart. */
export function objectWorkflowId(container: string, key: string, mark: string): string {
  return fitWorkflowId(`ingest/${container}/${key}@${mark}`);
}

/** `ingest/campus/1042+37`: the run of a group of 37 arrivals, the first of which is number 1042 of its journal. */
export function groupWorkflowId(container: string, first: string, count: number): string {
  return fitWorkflowId(`ingest/${container}/${first}+${count}`);
}
