import type { MiddlewareHandler } from "hono";
import { problemResponse } from "../problem.ts";
import { sameSecret } from "./secrets.ts";

/** Lets requests of the REST API in that bear its token. An empty token lets nothing in. */
export function apiAuth(token: string): MiddlewareHandler {
  return async (c, next) => {
    const [, given] = /^Bearer +(\S+)$/i.exec(c.req.header("authorization") ?? "") ?? [];
    if (given !== undefined && token !== "" && sameSecret(token, given)) return next();
    const detail = given === undefined ? "The request has no bearer token" : "The bearer token is not that of this lake";
    return problemResponse(
      {
        status: 401,
        code: "NOT_AUTHENTICATED",
        title: "The request is not authenticated",
        detail: `${detail}: send \`Authorization: Bearer <SLUICE_API_TOKEN>\`.`,
      },
      { "www-authenticate": 'Bearer realm="sluice"' },
    );
  };
}
