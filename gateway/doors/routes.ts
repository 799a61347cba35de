import { Hono, type Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { webhookAuth, type WebhookAuthOptions } from "../auth/webhook-auth.ts";
import type { Journal } from "../journal/journal.ts";
import { problemResponse } from "../problem.ts";
import { jsonOf } from "./body.ts";
import { receiveCloudEvents } from "./cloudevents.ts";
import type { DoorContext, Received } from "./door.ts";
import { dagRunAnswer, experimentalAnswer, receiveTrigger, type Triggered } from "./predecessor.ts";
import { receiveS3 } from "./s3.ts";
import { receiveSwift } from "./swift.ts";

export type DoorDeps = DoorContext & { readonly journal: Pick<Journal, "add">; readonly auth: WebhookAuthOptions };

/** Far above 10,000 records in one body. */
const maxBody = 32 * 1024 * 1024;

/** The front doors. Each answers 2xx once everything that it was told is on disk. */
export function doorRoutes({ journal, auth, ...context }: DoorDeps): Hono {
  const app = new Hono();
  const guards = [bodyLimit({ maxSize: maxBody, onError: tooLarge }), webhookAuth(auth)] as const;

  app.post("/webhooks/s3", ...guards, async (c) => answer(c, receiveS3(jsonOf(await bytes(c)), context)));

  app.post("/webhooks/swift/:account/:container", ...guards, async (c) => {
    const { account, container } = c.req.param();
    const contentType = c.req.header("content-type") ?? "";
    return answer(c, receiveSwift({ account, container, contentType, body: await bytes(c) }, context));
  });

  app.post("/webhooks/cloudevents", ...guards, async (c) =>
    answer(c, receiveCloudEvents({ headers: c.req.header(), body: await bytes(c) }, context)),
  );

  app.post("/api/experimental/dags/:dag/dag_runs", ...guards, (c) => triggered(c, c.req.param("dag"), experimentalAnswer));
  app.post("/api/:version{v1|v2}/dags/:dag/dagRuns", ...guards, (c) => triggered(c, c.req.param("dag"), dagRunAnswer));

  async function answer(c: Context, { arrivals, rejected, ignored }: Received): Promise<Response> {
    const ids = await journal.add(arrivals, rejected);
    return c.json({
      arrivals: ids.slice(0, arrivals.length),
      rejected: rejected.map(({ reason, container, key }, index) => ({
        id: ids[arrivals.length + index],
        container,
        key,
        code: reason.code,
        reason: reason.message,
      })),
      ignored,
    });
  }

  async function triggered(c: Context, dag: string, form: (triggered: Triggered) => object): Promise<Response> {
    const body = jsonOf(await bytes(c));
    const { arrivals, rejected } = receiveTrigger(body, context);
    const [id = ""] = await journal.add(arrivals, rejected);
    const conf = typeof body === "object" && body !== null && "conf" in body ? body.conf : {};
    return c.json(form({ dag, id, now: context.now(), refusal: rejected[0]?.reason.message, conf }));
  }

  return app;
}

async function bytes(c: Context): Promise<Uint8Array> {
  return new Uint8Array(await c.req.arrayBuffer());
}

function tooLarge(): Response {
  return problemResponse({
    status: 413,
    code: "BODY_TOO_LARGE",
    title: "The body is too large",
    detail: `A webhook's body has at most ${maxBody} bytes: send its records in several.`,
  });
}
