import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { verifyBackup } from "./catalog-backup.ts";

const head = JSON.stringify({ sluice_catalog: 1, created: "2026-11-21T00:00:00Z", mongo: "5.0.0" });
const good = `"swift.campus"\t{"_id":"a"}`;

it.each([
  ["without a tab", `"swift.campus"x`],
  ["without a name", `\t{"_id":"b"}`],
  ["whose name is cut off", `"swift.cam\t{"_id":"b"}`],
  ["whose name is none", `7\t{"_id":"b"}`],
  ["that is neither a document nor the end", `{"collections":`],
  ["with another end than a backup has", `{"_id":"b"}`],
])("refuses a backup with a line %s, naming it and what to do", async (_, line) => {
  const content = Readable.from([gzipSync([head, good, line, good].join("\n"))]);
  await expect(verifyBackup(content, "campus.gz")).rejects.toMatchObject({
    code: "BROKEN_BACKUP",
    kind: "terminal",
    place: { line: 3 },
    message: expect.stringMatching(/^Line 3 of the backup campus.gz .* Restore another backup/),
  });
});
