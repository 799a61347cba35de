import { Pool } from "undici";
import { classifyInfluxAnswer, classifyInfluxError } from "./classify-influx.ts";
import type { Environment } from "./config.ts";
import { createTurns } from "./turns.ts";

/** One series of an answer; times are RFC 3339, as precise as they are stored. */
export type InfluxSeries = {
  readonly name: string;
  readonly tags?: { readonly [name: string]: string };
  readonly columns: readonly string[];
  readonly values: readonly (readonly (string | number | boolean | null)[])[];
};

/** The series that each statement of a query answered with. */
export type InfluxResult = readonly (readonly InfluxSeries[])[];

export type InfluxClient = AsyncDisposable & {
  readonly database: string;
  /** Line protocol with times in nanoseconds. */
  write(lines: string | Uint8Array): Promise<void>;
  /** InfluxQL; several statements are separated by `;`. */
  query(statements: string): Promise<InfluxResult>;
  /** The server's version. */
  ping(): Promise<string>;
  createDatabase(): Promise<void>;
};

export type InfluxSettings = Pick<
  Environment,
  "SLUICE_INFLUX_URL" | "SLUICE_INFLUX_DATABASE" | "SLUICE_INFLUX_USER" | "SLUICE_INFLUX_PASSWORD"
>;

const deletion = /^\s*DELETE\b/i;

/**
 * Speaks the HTTP API of InfluxDB 1.x, which InfluxDB 2 serves as well, over connections that are kept. Writes and
 * deletes take turns: before 1.7, a delete that empties a series takes it out of the index even if a write has just put
 * a point into it, which is then not found until the series is written again (how often: README.md).
 */
export function createInfluxClient(settings: InfluxSettings, timeout = 30_000): InfluxClient {
  const url = new URL(settings.SLUICE_INFLUX_URL);
  const base = url.pathname.replace(/\/$/, "");
  const database = settings.SLUICE_INFLUX_DATABASE;
  const connecting = (connections: number, patience: number) =>
    new Pool(url.origin, { connections, headersTimeout: patience, bodyTimeout: patience, connectTimeout: 5_000 });
  const pool = connecting(8, timeout);
  // Whether the server is there is to be known while requests that it is slow to answer take all connections.
  const probe = connecting(1, Math.min(timeout, 5_000));
  const authorization = authorizationOf(settings);
  const turn = createTurns<"write" | "delete">();

  async function send(request: {
    readonly method: "GET" | "POST";
    readonly path: string;
    readonly body?: string | Uint8Array;
    readonly type?: string;
    readonly by?: Pool;
  }) {
    try {
      const { statusCode, headers, body } = await (request.by ?? pool).request({
        method: request.method,
        path: base + request.path,
        ...(request.body !== undefined && { body: request.body }),
        headers: { ...authorization, ...(request.type && { "content-type": request.type }) },
      });
      return { status: statusCode, headers, text: await body.text() };
    } catch (error) {
      throw classifyInfluxError(error, url.origin);
    }
  }

  async function ask(statements: string): Promise<InfluxResult> {
    const { status, text } = await send({
      method: "POST",
      path: `/query?${new URLSearchParams({ db: database }).toString()}`,
      type: "application/x-www-form-urlencoded",
      body: new URLSearchParams({ q: statements }).toString(),
    });
    const doing = `run ${statements.length > 200 ? `${statements.slice(0, 200)}…` : statements}`;
    if (status >= 300) throw classifyInfluxAnswer({ status, message: reasonOf(text) }, doing);
    const { results } = JSON.parse(text) as { results: { series?: InfluxSeries[]; error?: string; partial?: boolean }[] };
    for (const { error } of results) {
      if (error !== undefined) throw classifyInfluxAnswer({ status: /not found/.test(error) ? 404 : 500, message: error }, doing);
    }
    return results.map(({ series }) => series ?? []);
  }

  return {
    database,
    write: (lines) =>
      turn("write", async () => {
        const { status, text } = await send({
          method: "POST",
          path: `/write?${new URLSearchParams({ db: database, precision: "ns" }).toString()}`,
          body: lines,
        });
        if (status >= 300) throw classifyInfluxAnswer({ status, message: reasonOf(text) }, `write points to ${database}`);
      }),
    query: (statements) => (deletion.test(statements) ? turn("delete", () => ask(statements)) : ask(statements)),
    async ping() {
      const { status, headers, text } = await send({ method: "GET", path: "/ping", by: probe });
      if (status >= 300) throw classifyInfluxAnswer({ status, message: reasonOf(text) }, "say that it is there");
      return String(headers["x-influxdb-version"] ?? "unknown");
    },
    async createDatabase() {
      await ask(`CREATE DATABASE "${database.replace(/["\\]/g, "\\$&")}"`);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([pool.close(), probe.close()]);
    },
  };
}

/** InfluxDB 2 takes a token where there is no user. */
function authorizationOf({ SLUICE_INFLUX_USER: user, SLUICE_INFLUX_PASSWORD: password }: InfluxSettings): { authorization?: string } {
  if (user) return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` };
  return password ? { authorization: `Token ${password}` } : {};
}

function reasonOf(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: string };
    return error ?? text;
  } catch {
    return text;
  }
}
