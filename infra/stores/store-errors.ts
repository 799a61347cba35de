import { retryable, terminal } from "../../sdk/contracts/errors.ts";
import type { SluiceError } from "../../sdk/contracts/errors.ts";

/** What was being done to what, for the message. */
export type StoreOperation = {
  readonly store: string;
  readonly address: string;
  readonly action: "read" | "write" | "delete" | "list" | "create";
  readonly container?: string;
  readonly key?: string;
};

export function objectGone(at: StoreOperation, cause?: unknown): SluiceError {
  const what = at.key === undefined ? "container" : "object or its container";
  const advice =
    at.key === undefined
      ? "Create the container, or correct its name."
      : "It was deleted or never written; put it again if it is still wanted.";
  return terminal("OBJECT_GONE", `Cannot ${at.action} ${place(at)}: the store has no such ${what}. ${advice}`, { cause });
}

export function objectChanged(at: StoreOperation, expected: string, found: string | undefined, cause?: unknown): SluiceError {
  const now = found === undefined ? "another one" : `etag ${found}`;
  const message = `Cannot ${at.action} ${place(at)}: expected etag ${expected}, the store holds ${now} by now. The newer version has a run of its own.`;
  return terminal("OBJECT_CHANGED", message, { cause });
}

export function storeUnavailable(at: StoreOperation, reason: string, cause?: unknown): SluiceError {
  const message = `Cannot ${at.action} ${place(at)}: the store at ${at.address} is not available (${reason}). It is tried again; check that it runs and can be reached.`;
  return retryable("STORE_UNAVAILABLE", message, { cause });
}

/** The store answers, but not to us: the settings are wrong, not the object, so that trying later can help. */
export function storeDenied(at: StoreOperation, reason: string, cause?: unknown): SluiceError {
  const message = `Cannot ${at.action} ${place(at)}: the store at ${at.address} denied it (${reason}). It is tried again; check the credentials and their permissions.`;
  return retryable("STORE_REFUSED", message, { cause });
}

/** What is asked is impossible, whoever asks and however often. */
export function storeRefused(at: StoreOperation, reason: string, cause?: unknown): SluiceError {
  const message = `Cannot ${at.action} ${place(at)}: the store at ${at.address} refused it (${reason}). Change the name, the size or the metadata to what the store accepts.`;
  return terminal("STORE_REFUSED", message, { cause });
}

function place(at: StoreOperation): string {
  const path = [at.container, at.key].filter((part) => part !== undefined).join("/");
  return `${at.store}:${path || "containers"}`;
}

const unreachable = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENETDOWN",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ERR_STREAM_PREMATURE_CLOSE",
  "UND_ERR_SOCKET",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
  "UND_ERR_CLOSED",
  "UND_ERR_DESTROYED",
]);

/** The reason in words where the network or the server's process is at fault. */
export function connectionProblem(error: unknown): string | undefined {
  const code = property(error, "code");
  if (typeof code === "string" && unreachable.has(code)) return code;
  return property(error, "message") === "socket hang up" ? "the connection was closed" : undefined;
}

export function property(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
