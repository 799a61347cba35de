import type { MiddlewareHandler } from "hono";
import { problemResponse } from "../problem.ts";
import { isAnyOf, signatureOf } from "./secrets.ts";

export type WebhookAuthOptions = {
  /** Each of them is valid; two while one replaces the other. None: nothing is let in. */
  readonly secrets: readonly string[];
  /** Milliseconds since 1970. */
  readonly now?: () => number;
};

/** How far a signature's timestamp may be from now, in seconds, either way. */
const signatureWindow = 300;

/**
 * Lets a webhook in that shows a secret (`Authorization: Bearer`, the password of `Basic`, or `?token=` for senders that
 * cannot set a header) or that is signed with one.
 */
export function webhookAuth({ secrets, now = Date.now }: WebhookAuthOptions): MiddlewareHandler {
  return async (c, next) => {
    const shown = shownSecret(c.req.header("authorization"), c.req.query("token"));
    if (shown !== undefined) {
      return isAnyOf(secrets, shown.secret) ? next() : refuse(`The ${shown.where} is none of the valid webhook secrets.`);
    }
    const timestamp = c.req.header("sluice-timestamp");
    const signature = c.req.header("sluice-signature");
    if (timestamp === undefined && signature === undefined) {
      return refuse(
        "The request shows no secret: send `Authorization: Bearer <secret>`, `?token=<secret>`, or the headers Sluice-Timestamp and Sluice-Signature.",
      );
    }
    if (timestamp === undefined || signature === undefined) {
      return refuse("A signed request has both headers, Sluice-Timestamp and Sluice-Signature; one is missing.");
    }
    const wrong = wrongTimestamp(timestamp, now()) ?? wrongSignature(signature);
    if (wrong !== undefined) return refuse(wrong);
    const body = new Uint8Array(await c.req.arrayBuffer());
    const valid = secrets.map((secret) => `sha256=${signatureOf(secret, timestamp, body)}`);
    if (isAnyOf(valid, signature.toLowerCase())) return next();
    return refuse(
      "Sluice-Signature is not that of this body with any of the valid webhook secrets: expected `sha256=` and the hex HMAC-SHA256 of timestamp, dot and raw body.",
    );
  };
}

function shownSecret(authorization: string | undefined, token: string | undefined) {
  const [, scheme = "", credentials = ""] = /^(Bearer|Basic) +(.+)$/i.exec(authorization ?? "") ?? [];
  switch (scheme.toLowerCase()) {
    case "bearer":
      return { where: "bearer token", secret: credentials.trim() };
    case "basic": {
      const pair = Buffer.from(credentials, "base64").toString();
      return { where: "password", secret: pair.slice(pair.indexOf(":") + 1) };
    }
    default:
      return token === undefined ? undefined : { where: "token of the URL", secret: token };
  }
}

function wrongTimestamp(timestamp: string, now: number): string | undefined {
  if (!/^\d{1,12}$/.test(timestamp)) return "Sluice-Timestamp is no time: expected whole seconds since 1970.";
  const apart = Math.round(now / 1000) - Number(timestamp);
  if (Math.abs(apart) <= signatureWindow) return undefined;
  return `Sluice-Timestamp is ${Math.abs(apart)} seconds ${apart > 0 ? "old" : "ahead"}, at most ${signatureWindow} are allowed: sign again, and look at the sender's clock.`;
}

function wrongSignature(signature: string): string | undefined {
  if (/^sha256=[0-9a-f]{64}$/i.test(signature)) return undefined;
  return "Sluice-Signature cannot be read: expected `sha256=` and 64 hex digits.";
}

function refuse(detail: string): Response {
  const problem = { status: 401, code: "NOT_AUTHENTICATED", title: "The webhook is not authenticated", detail } as const;
  return problemResponse(problem, { "www-authenticate": 'Bearer realm="sluice webhooks"' });
}
