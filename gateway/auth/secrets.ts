import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** Compares in a time that tells nothing of where the two differ, nor of how long they are. */
export function sameSecret(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

/** Always looks at every secret, so that the time does not tell which one it was. */
export function isAnyOf(secrets: readonly string[], given: string): boolean {
  return secrets.map((secret) => sameSecret(secret, given)).includes(true);
}

/** The signature of a webhook: HMAC-SHA256 over timestamp, dot and raw body, in hex. */
export function signatureOf(secret: string, timestamp: string, body: Uint8Array): string {
  return createHmac("sha256", secret).update(`${timestamp}.`).update(body).digest("hex");
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
