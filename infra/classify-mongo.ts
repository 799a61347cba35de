import { isSluiceError, retryable, type SluiceError, terminal } from "../sdk/contracts/errors.ts";

/** Codes by which MongoDB says that the document is at fault: BadValue, TypeMismatch, Overflow, size, nesting, names, namespace. */
const documentCodes = new Set([2, 14, 15, 17, 22, 52, 55, 56, 57, 73, 121, 10334, 17419, 17420]);
const tooLargeCodes = new Set([10334, 17419, 17420]);
/** Unauthorized and AuthenticationFailed. */
const accessCodes = new Set([13, 18]);
const duplicateKey = 11_000;

/** Anything the MongoDB driver throws, as an error of Sluice. `doing` says what was asked: `write to processed.readings`. */
export function classifyMongoError(error: unknown, doing: string): SluiceError {
  if (isSluiceError(error)) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const said = `MongoDB could not ${doing}: ${reason.slice(0, 600)}.`;
  const codes = codesOf(error);
  if (codes.some((code) => tooLargeCodes.has(code)) || isBsonTooLarge(error)) {
    return terminal("DOCUMENT_TOO_LARGE", `${said} A document may have 16 MiB: split it into rows.`, { cause: error });
  }
  // Two writers put the same new `_id` at once: the second attempt finds it and replaces it.
  if (codes.includes(duplicateKey) && !/index: _id_|_id: /.test(reason)) {
    return terminal("DUPLICATE_KEY", `${said} A unique index of the collection refuses it: give such documents keys of their own.`, {
      cause: error,
    });
  }
  if (codes.some((code) => documentCodes.has(code)) || isBsonError(error)) {
    return terminal("SINK_REFUSED_DATA", `${said} See what the task yields for this object.`, { cause: error });
  }
  if (codes.some((code) => accessCodes.has(code))) {
    return retryable("SINK_REFUSED", `${said} See the user and password in SLUICE_MONGO_URL.`, { cause: error });
  }
  return retryable("SINK_UNAVAILABLE", `${said} It is tried again; \`sluice doctor\` says whether MongoDB is well.`, { cause: error });
}

/** Of the error itself and of each write of a bulk that failed. */
function codesOf(error: unknown): readonly number[] {
  if (!isRecord(error)) return [];
  const writes = Array.isArray(error["writeErrors"]) ? error["writeErrors"] : [error["writeErrors"]];
  return [error, ...writes].flatMap((each) => (isRecord(each) && typeof each["code"] === "number" ? [each["code"]] : []));
}

/** The driver refuses to serialise it: NUL in a name, a cycle, too large for a buffer. */
function isBsonError(error: unknown): boolean {
  return error instanceof Error && (error.name.startsWith("BSON") || /key .* must not contain null bytes|circular/i.test(error.message));
}

function isBsonTooLarge(error: unknown): boolean {
  return (
    error instanceof RangeError ||
    (error instanceof Error && /larger than the maximum size|ERR_OUT_OF_RANGE|offset is out of range/i.test(error.message))
  );
}

function isRecord(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === "object" && value !== null;
}
