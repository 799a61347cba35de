import { Agent } from "undici";
import type { Dispatcher } from "undici";
import { classifySwiftError, classifySwiftStatus } from "./classify-swift.ts";
import { storeDenied } from "./store-errors.ts";
import type { StoreOperation } from "./store-errors.ts";

export type SwiftSettings = {
  readonly name?: string;
  /** The address of version 1 authentication, e.g. `https://swift.example.org/auth/v1.0`. */
  readonly authUrl: string;
  readonly user: string;
  readonly key: string;
  /** Entries asked for in one page of a listing. Default 1,000. */
  readonly pageEntries?: number;
};

export type SwiftCall = {
  readonly method: "GET" | "HEAD" | "PUT" | "DELETE";
  readonly at: StoreOperation;
  /** Container and key where they are not those of `at`. */
  readonly path?: readonly string[];
  readonly query?: { readonly [name: string]: string | number };
  readonly headers?: { readonly [name: string]: string };
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal | undefined;
  /** Statuses beside 2xx that are answers, not errors. */
  readonly accept?: readonly number[];
};

export type SwiftResponse = Dispatcher.ResponseData;

export type SwiftSession = AsyncDisposable & {
  /** Answers with a status of 2xx or an accepted one; anything else throws. The body must be read or dumped. */
  call(call: SwiftCall): Promise<SwiftResponse>;
};

type Token = { readonly origin: string; readonly prefix: string; readonly value: string };

/** Signs in when first needed, and again when a token is no longer taken. */
export function createSwiftSession(settings: SwiftSettings): SwiftSession {
  const agent = new Agent({ headersTimeout: 60_000, keepAliveTimeout: 30_000 });
  let current: Promise<Token> | undefined;

  const token = (at: StoreOperation): Promise<Token> => {
    current ??= authenticate(agent, settings, at).catch((error: unknown) => {
      current = undefined;
      throw error;
    });
    return current;
  };

  const send = async ({ method, at, path, query, headers, body, signal }: SwiftCall, { origin, prefix, value }: Token) => {
    const names = path ?? [at.container, at.key].filter((name) => name !== undefined);
    const options = {
      origin,
      method,
      headers: { ...headers, "x-auth-token": value },
      path: `${prefix}${escapedPath(names)}${queryString(query)}`,
    };
    // Not `fetch`: it would resolve `..` in keys and unpack content that is stored compressed.
    return agent.request({
      ...options,
      ...(body !== undefined && { body: body as Dispatcher.DispatchOptions["body"] }),
      ...(signal && { signal }),
    });
  };

  const call = async (request: SwiftCall): Promise<SwiftResponse> => {
    const { at, body, signal, accept = [] } = request;
    try {
      signal?.throwIfAborted();
      const used = await token(at);
      let response = await send(request, used);
      const replayable = body === undefined || body instanceof Uint8Array;
      if (response.statusCode === 401 && replayable) {
        await response.body.dump();
        const settled = await current?.catch(() => undefined);
        if (settled === used) current = undefined;
        response = await send(request, await token(at));
      }
      if (response.statusCode < 300 || accept.includes(response.statusCode)) return response;
      throw classifySwiftStatus(response.statusCode, await response.body.text(), at);
    } catch (error) {
      throw signal?.aborted ? signal.reason : classifySwiftError(error, at);
    }
  };

  return { call, [Symbol.asyncDispose]: () => agent.destroy() };
}

async function authenticate(agent: Agent, { authUrl, user, key }: SwiftSettings, at: StoreOperation): Promise<Token> {
  const { origin, pathname } = new URL(authUrl);
  const response = await agent.request({ origin, path: pathname, method: "GET", headers: { "x-auth-user": user, "x-auth-key": key } });
  const reason = await response.body.text();
  if (response.statusCode === 401 || response.statusCode === 403)
    throw storeDenied(at, `it does not know the user "${user}" with this key`);
  if (response.statusCode >= 300) throw classifySwiftStatus(response.statusCode, reason, at);
  const address = response.headers["x-storage-url"];
  const value = response.headers["x-auth-token"];
  if (typeof address !== "string" || typeof value !== "string") {
    throw storeDenied(
      at,
      `${authUrl} answered ${response.statusCode} without X-Storage-Url and X-Auth-Token; it must speak version 1 authentication`,
    );
  }
  const storage = new URL(address);
  return { origin: storage.origin, prefix: storage.pathname.replace(/\/$/, ""), value };
}

function escapedPath(names: readonly string[]): string {
  return names.map((name) => `/${encodeURIComponent(name).replaceAll("%2F", "/")}`).join("");
}

function queryString(query: SwiftCall["query"] = {}): string {
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}
