import type { z } from "@hono/zod-openapi";
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { isSluiceError, type SluiceError } from "../../sdk/contracts/errors.ts";
import type { ApiDeps } from "./deps.ts";
import { type Problem, problemResponse as respond } from "../problem.ts";
import { problem as problemSchema } from "./schemas.ts";

/** Seconds after which asking again is worth it, where the world is wrong. */
const retryAfter = "5";

/** Statuses of errors that are not simply the caller's (422) or the world's (503). */
const statusByCode: { readonly [code: string]: number } = {
  NOT_FOUND: 404,
  OBJECT_GONE: 404,
  NOT_TAKEN_YET: 404,
  OBJECT_CHANGED: 409,
  REPROCESSING_ENDED: 409,
  NOT_A_LANDING_CONTAINER: 404,
  MALFORMED_METADATA: 400,
  MALFORMED_CURSOR: 400,
};

const titles: { readonly [status: number]: string } = {
  400: "The request is wrong",
  404: "Not found",
  409: "The object changed",
  415: "Unsupported media type",
  416: "Range not satisfiable",
  422: "The input is wrong",
  429: "Too much at once",
  500: "Sluice failed",
  503: "Not available now",
};

/** A sub-application whose validation errors are problems. */
export function createRouter(): OpenAPIHono {
  return new OpenAPIHono({
    defaultHook: (result) => {
      if (result.success) return;
      const errors = result.error.issues.map(({ path, message }) => ({ field: path.join("."), message }));
      const detail = errors.map(({ field, message }) => `${field || result.target}: ${message}`).join("; ");
      return answer({ status: 400, code: "INVALID_REQUEST", detail: `The ${result.target} is not valid. ${detail}.`, errors });
    },
  });
}

/** Any thrown value as an answer; what is not ours is logged, and not shown. */
export function problemHandler(log: ApiDeps["log"]) {
  return (error: Error, c: Context): Response => {
    if (error instanceof HTTPException) {
      if (error.res) return error.res;
      return answer({ status: error.status, code: "INVALID_REQUEST", detail: `${error.message}.` });
    }
    if (isSluiceError(error)) return answer({ status: statusOf(error), code: error.code, detail: error.message });
    if (error.name.startsWith("Mongo")) {
      log.error({ err: error, method: c.req.method, path: c.req.path }, "The catalog did not do what it was asked.");
      const detail = `The catalog (MongoDB) could not do it: ${error.message}. Try again; \`sluice doctor\` says whether it is well.`;
      return answer({ status: 503, code: "CATALOG_UNAVAILABLE", detail });
    }
    log.error({ err: error, method: c.req.method, path: c.req.path }, "A request failed.");
    const detail = "The gateway met an error that it does not know. Its log says more; please report it.";
    return answer({ status: 500, code: "INTERNAL", detail });
  };
}

/** The responses of a route: one that succeeds, and a problem for all others. */
export function answers<Status extends number, Schema extends z.ZodType>(status: Status, description: string, schema: Schema) {
  return {
    [status]: { description, content: { "application/json": { schema } } },
    default: problemResponse,
  } as { [key in Status]: { description: string; content: { "application/json": { schema: Schema } } } } & {
    default: typeof problemResponse;
  };
}

export const problemResponse = {
  description: "A problem (RFC 9457)",
  content: { "application/problem+json": { schema: problemSchema } },
} as const;

function statusOf(error: SluiceError): number {
  return statusByCode[error.code] ?? (error.kind === "retryable" ? 503 : 422);
}

/** `later`: seconds after which asking again is worth it. */
export function answer(problem: Omit<Problem, "title">, later = problem.status === 503 ? retryAfter : undefined): Response {
  const { status } = problem;
  return respond({ title: titles[status] ?? "The request failed", ...problem }, later === undefined ? {} : { "retry-after": later });
}
