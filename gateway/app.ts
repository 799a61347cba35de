import type { OpenAPIHono } from "@hono/zod-openapi";
import { Hono } from "hono";
import { isSluiceError } from "../sdk/contracts/errors.ts";
import { apiAuth } from "./auth/api-auth.ts";
import { unreadable } from "./doors/body.ts";
import { type DoorDeps, doorRoutes } from "./doors/routes.ts";
import type { Log } from "./drain/runs.ts";
import { problemResponse } from "./problem.ts";

export type AppDeps = DoorDeps & {
  /** The REST API: `/v1` and `/openapi.json`; absent until the catalog was reached. */
  readonly api?: OpenAPIHono;
  readonly apiToken: string;
  /** Rejects with the reason while the gateway cannot do its work. */
  readonly ready: () => Promise<void>;
  readonly log: Log;
};

/** Everything that the gateway answers to, as one function from request to response. */
export function createApp({ api, apiToken, ready, log, ...doors }: AppDeps): Hono {
  const app = new Hono();

  app.get("/health", (c) => c.json({ status: "ok" }));
  app.get("/ready", async (c) => {
    await ready();
    return c.json({ status: "ready" });
  });
  app.route("/", doorRoutes(doors));
  app.use("/v1/*", apiAuth(apiToken));
  if (api) app.route("/", api);
  else app.all("/v1/*", catalogAway);

  app.notFound((c) =>
    problemResponse({
      status: 404,
      code: "NO_SUCH_ADDRESS",
      title: "There is nothing here",
      detail: `${c.req.method} ${c.req.path} is no address of the gateway: /openapi.json describes the API, gateway/README.md the webhooks.`,
    }),
  );

  app.onError((error, c) => {
    if (isSluiceError(error)) {
      if (error.code === unreadable) {
        return problemResponse({ status: 400, code: error.code, title: "The body cannot be read", detail: error.message });
      }
      if (error.kind === "retryable") {
        log.warn({ err: error, path: c.req.path }, "a request was put off");
        const problem = { status: 503, code: error.code, title: "Not now; try again", detail: error.message } as const;
        return problemResponse(problem, { "retry-after": "5" });
      }
    }
    log.error({ err: error, path: c.req.path }, "a request failed in a way nobody thought of");
    const detail = "The gateway's log says more. Nothing of this request was kept: send it again.";
    return problemResponse({ status: 500, code: "INTERNAL", title: "The gateway failed", detail });
  });

  return app;
}

function catalogAway(): Response {
  const detail = "The gateway has not reached the catalog (SLUICE_MONGO_URL) since it started, and keeps trying. Webhooks are taken.";
  const problem = { status: 503, code: "CATALOG_UNAVAILABLE", title: "Not now; try again", detail } as const;
  return problemResponse(problem, { "retry-after": "5" });
}
