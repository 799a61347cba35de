import { csvGz, membersAtMost, tar, tarGz, zip } from "./archives.ts";
import { badKinds } from "./bad.ts";
import { csvDocuments, excelDocuments, firmware, jsonDocuments, jsonLinesDocuments, plainText, tsvDocuments } from "./documents.ts";
import type { Content, Draft, Generated } from "./expected.ts";
import { jpeg, png } from "./images.ts";
import { createRandom, type Random } from "./random.ts";
import { csvReadings, jsonLinesReadings, jsonReadings, olderReading, templateReadings } from "./readings.ts";

export type Make = (draft: Draft, random: Random) => Content | Promise<Content>;

/** Every kind of object that the lake knows, with the ending of its key. */
const kinds: { readonly [kind: string]: { readonly make: Make; readonly ending: string } } = {
  "json readings": { make: jsonReadings, ending: "json" },
  "csv readings": { make: csvReadings, ending: "csv" },
  "json-lines readings": { make: jsonLinesReadings, ending: "jsonl" },
  "older reading": { make: olderReading, ending: "json" },
  template: { make: templateReadings, ending: "json" },
  "json documents": { make: jsonDocuments, ending: "json" },
  "json-lines documents": { make: jsonLinesDocuments, ending: "ndjson" },
  "csv documents": { make: csvDocuments, ending: "csv" },
  "tsv documents": { make: tsvDocuments, ending: "tsv" },
  excel: { make: excelDocuments, ending: "xlsx" },
  text: { make: plainText, ending: "txt" },
  jpeg: { make: jpeg, ending: "jpg" },
  png: { make: png, ending: "png" },
  zip: { make: zip, ending: "zip" },
  tar: { make: tar, ending: "tar" },
  "tar.gz": { make: tarGz, ending: "tar.gz" },
  "csv.gz": { make: csvGz, ending: "csv.gz" },
  "not handled": { make: firmware, ending: "firmware" },
};

const shareOfBad = 0.05;
const shareOfReplaced = 0.15;

/** Objects of every kind, the same for the same seed; what must come of each is known as it is made. */
export async function generate(seed: number, count: number, containers: readonly string[]): Promise<readonly Generated[]> {
  return await Promise.all(Array.from({ length: count }, (_, index) => generateOne(seed, index, containers)));
}

async function generateOne(seed: number, index: number, containers: readonly string[]): Promise<Generated> {
  const random = createRandom(seed, `object ${index}`);
  const container = random.pick(containers);
  const bad = random.chance(shareOfBad);
  const all = Object.keys(kinds);
  // Each kind in turn, so that few objects have all kinds as well.
  const kind = bad ? random.pick(Object.keys(badKinds)) : (all[index % all.length] ?? "");
  const { make, ending } = bad ? { make: badKinds[kind as keyof typeof badKinds], ending: "in" } : (kinds[kind] ?? unknown(kind));
  const key = `${kind}/${String(index).padStart(5, "0")} é&+.${ending}`;
  const versions = !bad && random.chance(shareOfReplaced) ? random.whole(2, 3) : 1;
  const serial = index * (membersAtMost + 1);
  const contents = Array.from({ length: versions }, async (_, version) => {
    const draft = { serial, version, container, key };
    // Some are bad at first and mended by a newer version; what was good is never followed by what is bad.
    const broken = version === 0 && versions > 1 && random.chance(0.2) && kind.endsWith("readings");
    return broken ? mendable(make, draft, random) : make(draft, createRandom(seed, `object ${index} version ${version}`));
  });
  return { kind, container, key, versions: await Promise.all(contents) };
}

/** The content of a kind of readings with its end cut off, so that it cannot be read. */
async function mendable(make: Make, draft: Draft, random: Random): Promise<Content> {
  const { contentType, metadata } = await make(draft, random);
  const [code, text] = draft.key.endsWith("csv") ? ["RAGGED_ROW", "a,b\n1\n"] : ["MALFORMED_JSON", '{"value": 1, "va'];
  return {
    bytes: Buffer.from(text),
    expected: { state: "quarantined", code },
    ...(contentType && { contentType }),
    ...(metadata && { metadata }),
  };
}

function unknown(kind: string): never {
  throw new Error(`There is no kind "${kind}".`);
}
