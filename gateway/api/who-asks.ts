import type { Context } from "hono";

/** Who asks, as they say themselves: there is one token for all of them. */
export function whoAsks(c: Context): string {
  const said = c.req.header("sluice-user") ?? "";
  try {
    return decodeURIComponent(said);
  } catch {
    return said;
  }
}
