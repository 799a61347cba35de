import { isSluiceError } from "../../sdk/contracts/errors.ts";
import { connectionProblem, objectChanged, objectGone, property, storeDenied, storeRefused, storeUnavailable } from "./store-errors.ts";
import type { StoreOperation } from "./store-errors.ts";

const gone = new Set(["NoSuchKey", "NoSuchBucket", "NoSuchVersion", "NoSuchUpload", "NotFound"]);
const denied = new Set([
  "AccessDenied",
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
  "ExpiredToken",
  "InvalidToken",
  "RequestTimeTooSkewed",
  "AuthorizationHeaderMalformed",
  "AccountProblem",
  "AllAccessDisabled",
]);
const overloaded = new Set([
  "SlowDown",
  "SlowDownRead",
  "SlowDownWrite",
  "ServiceUnavailable",
  "InternalError",
  "RequestTimeout",
  "OperationAborted",
  "XMinioServerNotInitialized",
  "XMinioStorageFull",
  "TooManyRequests",
  "Throttling",
]);

/** A status that says "not now", before its body is looked at. */
export class ServerBusy extends Error {
  override readonly name = "ServerBusy";
  readonly status: number;

  constructor(status: number) {
    super(`HTTP ${status}`);
    this.status = status;
  }
}

/** What the client or the server threw, as an error of the lake. What is not theirs (a source's own error) stays as it is. */
export function classifyS3Error(error: unknown, at: StoreOperation, expectedEtag?: string): unknown {
  if (isSluiceError(error)) return error;
  if (error instanceof ServerBusy) return storeUnavailable(at, error.message, error);
  const problem = connectionProblem(error);
  if (problem !== undefined) return storeUnavailable(at, problem, error);
  if (error instanceof URIError) return storeRefused(at, "the name is not well-formed Unicode", error);
  const name = property(error, "name");
  const code = property(error, "code");
  const reason = [code, property(error, "message")].filter(Boolean).join(": ");
  if (name === "InvalidBucketNameError" || name === "InvalidObjectNameError" || name === "InvalidPrefixError")
    return storeRefused(at, reason, error);
  if (name !== "S3Error") return error;
  if (typeof code !== "string") return storeUnavailable(at, reason, error);
  if (gone.has(code)) return objectGone(at, error);
  if (code === "PreconditionFailed") return objectChanged(at, expectedEtag ?? "*", undefined, error);
  if (denied.has(code)) return storeDenied(at, reason, error);
  if (overloaded.has(code)) return storeUnavailable(at, reason, error);
  return storeRefused(at, reason, error);
}

export function isGone(error: unknown): boolean {
  return isSluiceError(error) && error.code === "OBJECT_GONE";
}
