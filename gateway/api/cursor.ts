import { terminal } from "../../sdk/contracts/errors.ts";
import type { ObjectName } from "./types.ts";

/** Where a page ended. Opaque to callers, so that its form may change. */
export function encodeCursor({ container, key }: ObjectName): string {
  return Buffer.from(JSON.stringify([container, key])).toString("base64url");
}

export function decodeCursor(cursor: string): ObjectName {
  try {
    const [container, key]: unknown[] = JSON.parse(Buffer.from(cursor, "base64url").toString());
    if (typeof container === "string" && typeof key === "string") return { container, key };
  } catch {
    // Falls through: both ways of being wrong have one answer.
  }
  throw terminal("MALFORMED_CURSOR", `"${cursor}" is no cursor. Expected the \`next\` of the page before; leave it out to start anew.`);
}
