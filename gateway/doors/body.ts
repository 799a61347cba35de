import { terminal } from "../../sdk/contracts/errors.ts";

/** The code of what cannot be read at all; the only thing that an authenticated sender is refused for. */
export const unreadable = "UNREADABLE_BODY";

/** UTF-8 without a byte-order mark. @throws `UNREADABLE_BODY` (terminal) */
export function textOf(body: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch (cause) {
    throw terminal(unreadable, "The body is not UTF-8: send text in that encoding.", { cause });
  }
}

/** @throws `UNREADABLE_BODY` (terminal), with the place of the first mistake. */
export function jsonOf(body: Uint8Array): unknown {
  const text = textOf(body);
  try {
    return JSON.parse(text);
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    throw terminal(unreadable, `The body is not JSON: ${found}.`, { cause: error });
  }
}
