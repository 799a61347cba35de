import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { csvDocuments, jsonDocuments, plainText, zipped } from "./documents.ts";
import type { Content, Draft, Member } from "./expected.ts";
import { raggedTable } from "./bad.ts";
import { createRandom, type Random } from "./random.ts";
import { csvReadings, jsonReadings } from "./readings.ts";

const inside = [
  { name: "readings.csv", make: csvReadings },
  { name: "readings.json", make: jsonReadings },
  { name: "orders.csv", make: csvDocuments },
  { name: "orders.json", make: jsonDocuments },
  { name: "notes.txt", make: plainText },
  { name: "broken.csv", make: raggedTable },
] as const;

/** Serials of members come right after that of their archive. */
export const membersAtMost = 4;

/** Which members it has belongs to the archive, what is in them to its version. */
function membersOf(draft: Draft, random: Random): readonly Member[] {
  const choice = createRandom(draft.serial, "members");
  return Array.from({ length: choice.whole(1, membersAtMost) }, (_, index) => {
    const { name, make } = choice.pick(inside);
    const path = `day ${index + 1}/${name}`;
    const key = `${draft.key}.unpacked/${path}`;
    return { path, content: make({ ...draft, key, serial: draft.serial + 1 + index }, random) };
  });
}

export async function zip(draft: Draft, random: Random): Promise<Content> {
  const members = membersOf(draft, random);
  const bytes = await zipped(Object.fromEntries(members.map(({ path, content }) => [path, content.bytes])));
  return { bytes, contentType: "application/zip", expected: { state: "processed", members } };
}

async function tarOf(members: readonly Member[]): Promise<Buffer> {
  const tar = pack();
  for (const { path, content } of members) tar.entry({ name: path, mtime: new Date(Date.UTC(2026, 0, 1)) }, content.bytes);
  tar.finalize();
  return await buffer(tar);
}

export async function tar(draft: Draft, random: Random): Promise<Content> {
  const members = membersOf(draft, random);
  return { bytes: await tarOf(members), contentType: "application/x-tar", expected: { state: "processed", members } };
}

export async function tarGz(draft: Draft, random: Random): Promise<Content> {
  const members = membersOf(draft, random);
  return { bytes: gzipSync(await tarOf(members)), contentType: "application/gzip", expected: { state: "processed", members } };
}

/** One compressed file is an archive of one member, which is called as it is without its ending. */
export function csvGz(draft: Draft, random: Random): Content {
  const path = draft.key.slice(draft.key.lastIndexOf("/") + 1).replace(/\.gz$/, "");
  const content = csvReadings({ ...draft, key: `${draft.key}.unpacked/${path}`, serial: draft.serial + 1 }, random);
  return {
    bytes: gzipSync(content.bytes),
    contentType: "application/gzip",
    expected: { state: "processed", members: [{ path, content }] },
  };
}
