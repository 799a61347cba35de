import { supportedMimeTypes } from "file-type";
import { terminal } from "../../sdk/contracts/errors.ts";
import { familyOf, isTextual, normalType, specificType, typeOfName } from "./content-types.ts";
import { type Content, lookAtContent } from "./look-at-content.ts";

/** What there is to tell an object's type by. */
export type TypeSigns = {
  /** What the uploader said explicitly. */
  readonly declared?: string;
  /** What the store says. */
  readonly contentType?: string;
  readonly key: string;
  /** What messages call the object: container and key. */
  readonly where?: string;
  /** The first bytes; 4 KiB are enough for all but a few archives. */
  readonly head: Uint8Array;
  /** Of the whole object, in bytes. */
  readonly size: number;
};

export type SettledType = { readonly type: string; readonly by: "declared" | "specific" | "extension" | "magic" | "text" };

const unknownType = "application/octet-stream";
const excel = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/** What Windows calls a CSV, because Excel opens it; and the workbooks of before 2007. */
const windowsExcel = "application/vnd.ms-excel";

/**
 * The type that routes: what the uploader said, a specific type that the store says, the name's extension, magic
 * bytes, a look at the text. An empty object keeps what its declaration or name says.
 * @throws `TYPE_CONTRADICTED` (terminal) where the content is plainly something else
 */
export async function settleType({ declared, contentType, key, where = key, head, size }: TypeSigns): Promise<SettledType> {
  const claimed = claimOf(declared, contentType, key);
  if (size === 0) return claimed ?? { type: unknownType, by: "magic" };
  const content = await lookAtContent(head, head.length >= size);
  if (!claimed) return content.kind === "text" ? { type: content.type, by: "text" } : { type: content.type ?? unknownType, by: "magic" };
  const type = claimed.type === windowsExcel ? meantByWindows(content) : claimed.type;
  if (contradicts(type, content)) throw contradicted(claimed, content, where);
  return { type, by: claimed.by };
}

function claimOf(declared: string | undefined, contentType: string | undefined, key: string): SettledType | undefined {
  const explicit = normalType(declared);
  if (explicit !== undefined) return { type: explicit, by: "declared" };
  const specific = specificType(contentType);
  const named = typeOfName(key);
  // Some clients tell the type of what is compressed.
  if (named === "application/gzip" && specific === typeOfName(key.replace(/\.gz$/i, ""))) return { type: named, by: "extension" };
  // Clients call any text `text/plain`: a name that says which text it is knows more.
  if (specific === "text/plain" && named !== undefined && isTextual(named)) return { type: named, by: "extension" };
  if (specific !== undefined) return { type: specific, by: "specific" };
  return named === undefined ? undefined : { type: named, by: "extension" };
}

function meantByWindows(content: Content): string {
  if (content.kind === "text") return "text/csv";
  return content.type !== undefined && familyOf(content.type) === "zip" ? excel : windowsExcel;
}

function contradicts(type: string, content: Content): boolean {
  if (isTextual(type)) return content.kind === "binary" || isOtherText(type, content.type);
  if (!supported.has(type) || content.type === type) return false;
  if (content.type === undefined) return signed.has(type) || familyOf(type) === "zip";
  return content.kind === "text" || familyOf(content.type) !== familyOf(type);
}

/** Text passes for text, but what is plainly JSON or markup is no table, and a web page no JSON. */
function isOtherText(type: string, found: string): boolean {
  const isMarkup = found === "text/html" || found === "application/xml" || found === "image/svg+xml";
  if (type === "text/csv" || type === "text/tab-separated-values")
    return isMarkup || found === "application/json" || found === "application/x-ndjson";
  if (type === "image/svg+xml") return !isMarkup;
  return isMarkup && (type === "application/json" || type === "application/x-ndjson");
}

/** Types with magic bytes that are known; of others the content cannot be judged. */
const supported: ReadonlySet<string> = new Set([...supportedMimeTypes, windowsExcel].map((type) => normalType(type) ?? type));
/** Types whose magic bytes always stand at the very beginning: without them, it is something else. */
const signed = new Set([
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
  "image/bmp",
  "image/tiff",
  "application/gzip",
  "application/x-tar",
  "application/pdf",
  windowsExcel,
]);

const sources = { declared: "the uploader declared", specific: "the store says", extension: "its name says", magic: "", text: "" } as const;

function contradicted({ type, by }: SettledType, content: Content, where: string) {
  const found = content.type ?? (content.kind === "text" ? "text" : "binary content of no known type");
  return terminal(
    "TYPE_CONTRADICTED",
    `${where} lies about its type: ${sources[by]} ${type}, but its content is ${found}. Upload it with its true type or name (\`--type\`), or replace the content.`,
    { place: { offset: 0 } },
  );
}
