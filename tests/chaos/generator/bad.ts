import type { Content, Draft } from "./expected.ts";
import type { Random } from "./random.ts";

/** Content that can only end in quarantine: how it is put, and the code that its reason must have. */
const refused = (
  code: string,
  contentType: string,
  text: (draft: Draft, random: Random) => string | Buffer,
  metadata?: Content["metadata"],
) =>
  function badContent(draft: Draft, random: Random): Content {
    return {
      bytes: Buffer.from(text(draft, random)),
      contentType,
      expected: { state: "quarantined", code },
      ...(metadata && { metadata }),
    };
  };

const reading = (value: string, time: string) => `time,sensor,value\n2026-01-01T00:00:00Z,bad,1\n${time},bad,${value}\n`;

export const raggedTable = refused("RAGGED_ROW", "text/csv", ({ serial }) => `item,count\nvalve ${serial},1\nmotor,2,3\n`);

export const badKinds = {
  "bad ragged": raggedTable,
  "bad json": refused("MALFORMED_JSON", "application/json", ({ serial }) => `[{"item": ${serial}}, {"item": `),
  "bad number": refused("NOT_A_NUMBER", "text/csv", () => reading("warm", "2026-01-01T00:00:01Z")),
  "bad time": refused("UNREADABLE_TIME", "text/csv", () => reading("2", "03/04/2026")),
  "bad empty": refused("EMPTY_OBJECT", "application/json", () => ""),
  "bad lie": refused("TYPE_CONTRADICTED", "image/png", ({ serial }) => `This is no image, whatever ${serial} says.\n`),
  "bad image": refused("BROKEN_IMAGE", "image/png", () => Buffer.from("89504e470d0a1a0a0000000d49484452000000", "hex")),
  "bad archive": refused("CORRUPT_ARCHIVE", "application/gzip", (_, random) =>
    Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, random.whole(0, 255), 7, 7, 7]),
  ),
  "bad template": refused(
    "TEMPLATE_FIELD_MISSING",
    "application/json",
    ({ serial }) => JSON.stringify([{ line: "a", done: 1_767_225_600_000 + serial }]),
    {
      template: JSON.stringify({ measurement: "line", time: "done", fields: ["seconds"], tags: [] }),
    },
  ),
} as const;
