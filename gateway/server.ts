import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { terminal } from "../sdk/contracts/errors.ts";

export type Listening = AsyncDisposable & { readonly url: string };

/** How long requests may take to end once the gateway stops, in milliseconds. */
const grace = 10_000;

/** Serves on the address's host and port; `fetch` is looked up for each request. Closing lets requests end first. */
export async function listen(address: string, fetch: (request: Request) => Response | Promise<Response>): Promise<Listening> {
  const { hostname, port, protocol } = new URL(address);
  // An upload takes as long as it takes: only headers have a deadline.
  const server = createServer({ requestTimeout: 0, headersTimeout: 30_000 }, getRequestListener(fetch, { overrideGlobalObjects: false }));
  server.listen(Number(port || (protocol === "https:" ? 443 : 80)), hostname.replace(/^\[|\]$/g, ""));
  try {
    await once(server, "listening");
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    const message = `The gateway cannot listen on ${address}: ${found}. Stop what uses that port, or set SLUICE_GATEWAY_URL to another address.`;
    throw terminal("CANNOT_LISTEN", message, { cause });
  }
  return { url: urlOf(server), [Symbol.asyncDispose]: () => close(server) };
}

function urlOf(server: Server): string {
  const bound = server.address();
  if (bound === null || typeof bound === "string") return String(bound);
  return `http://${bound.family === "IPv6" ? `[${bound.address}]` : bound.address}:${bound.port}`;
}

async function close(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();
  const late = setTimeout(() => server.closeAllConnections(), grace);
  await closed;
  clearTimeout(late);
}
