import { isSluiceError } from "../../sdk/contracts/errors.ts";
import type { SluiceError } from "../../sdk/contracts/errors.ts";
import { connectionProblem, objectGone, storeDenied, storeRefused, storeUnavailable } from "./store-errors.ts";
import type { StoreOperation } from "./store-errors.ts";

/** What the HTTP client threw, as an error of the lake. What is not its own (a source's error) stays as it is. */
export function classifySwiftError(error: unknown, at: StoreOperation): unknown {
  if (isSluiceError(error)) return error;
  if (error instanceof URIError) return storeRefused(at, "the name is not well-formed Unicode", error);
  const problem = connectionProblem(error);
  return problem === undefined ? error : storeUnavailable(at, problem, error);
}

/** An answer that is no success, as an error of the lake. */
export function classifySwiftStatus(status: number, reason: string, at: StoreOperation): SluiceError {
  const words = [
    `HTTP ${status}`,
    reason
      .replace(/<[^>]*>/g, " ")
      .replace(/\s+/g, " ")
      .trim()
      .slice(0, 300),
  ]
    .filter(Boolean)
    .join(": ");
  if (status === 404) return objectGone(at);
  if (status === 401 || status === 403) return storeDenied(at, words);
  // 408 client too slow, 409 a newer write is under way, 429 and 498 rate limits, 507 disks full.
  if (status >= 500 || status === 408 || status === 409 || status === 429 || status === 498) return storeUnavailable(at, words);
  return storeRefused(at, words);
}
