import { join, delimiter, resolve } from "node:path";
import { z } from "zod";
import { sinkLimits, tenants } from "./rates.ts";
import { type Duration, milliseconds } from "../sdk/language/duration.ts";

const url = (fallback: string) => z.url().default(fallback);
const port = z.coerce.number().int().min(0).max(65_535);
const bytes = z.coerce.number().int().positive();
const count = z.coerce.number().int().positive();
const list = (separator: string) =>
  z.string().transform((text) =>
    text
      .split(separator)
      .map((entry) => entry.trim())
      .filter(Boolean),
  );
/** In milliseconds. */
const duration = (fallback: Duration) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, "Expected a number with its unit: 90s, 10m, 24h")
    .default(String(fallback))
    .transform((text) => milliseconds(text as Duration));
const ports = z
  .string()
  .transform((text) => Object.fromEntries(text.split(",").map((entry) => entry.split("=").map((part) => part.trim()))))
  .pipe(z.record(z.string(), port));

/** Every setting of Sluice. Each field is the environment variable of that name; `.describe` is its documentation. */
export const environment = z.object({
  SLUICE_HOME: z.string().default(".sluice").describe("Folder of the local lake: data, logs, journal, secrets."),
  SLUICE_SITE: z.string().default("central").describe("The site that this process runs at."),
  SLUICE_LOG: z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info").describe("Log level."),

  SLUICE_PORT_OFFSET: z.coerce.number().int().min(-1_000).max(30_000).default(0).describe("Moves all local ports."),
  SLUICE_PORTS: ports.default({}).describe("Single local ports, e.g. `gateway=8081,minio=9100`; `sluice up` names them."),
  SLUICE_READY_FILE: z.string().default("").describe("A file that the worker writes once it polls."),

  SLUICE_TEMPORAL_ADDRESS: z.string().default("127.0.0.1:7233").describe("Temporal's gRPC address."),
  SLUICE_TEMPORAL_UI_URL: url("http://127.0.0.1:8233").describe("Temporal's web UI, for links."),
  SLUICE_TEMPORAL_NAMESPACE: z.string().default("default").describe("Temporal namespace."),
  SLUICE_TASK_QUEUE: z.string().default("sluice").describe("Task queue of workflows and activities."),

  SLUICE_S3_URL: url("http://127.0.0.1:9000").describe("The S3 store: MinIO, versitygw, AWS."),
  SLUICE_S3_ACCESS_KEY: z.string().default("sluice").describe("S3 access key."),
  SLUICE_S3_SECRET_KEY: z.string().default("sluice-secret").describe("S3 secret key."),
  SLUICE_S3_REGION: z.string().default("us-east-1").describe("S3 region."),
  SLUICE_SWIFT_AUTH_URL: z.url().optional().describe("OpenStack Swift's v1 authentication address; none: no Swift."),
  SLUICE_SWIFT_USER: z.string().default("").describe("Swift user, e.g. `test:tester`."),
  SLUICE_SWIFT_KEY: z.string().default("").describe("Swift key."),

  SLUICE_MONGO_URL: url("mongodb://127.0.0.1:27017").describe("MongoDB (5 or newer) or what speaks its protocol."),
  SLUICE_INFLUX_URL: url("http://127.0.0.1:8086").describe("InfluxDB 1.x, or 2.x by its 1.x interface."),
  SLUICE_INFLUX_DATABASE: z.string().default("sluice").describe("InfluxDB database."),
  SLUICE_INFLUX_USER: z.string().default("").describe("InfluxDB user, if it asks for one."),
  SLUICE_INFLUX_PASSWORD: z.string().default("").describe("InfluxDB password or token."),
  SLUICE_NEO4J_URL: url("bolt://127.0.0.1:7687").describe("Neo4j's Bolt address."),
  SLUICE_NEO4J_USER: z.string().default("").describe("Neo4j user; none: no authentication."),
  SLUICE_NEO4J_PASSWORD: z.string().default("").describe("Neo4j password."),

  SLUICE_GATEWAY_URL: url("http://127.0.0.1:8080").describe("Where the gateway listens, and where clients find it."),
  SLUICE_CONTAINERS: list(",")
    .default(() => ["campus", "factory", "cloud"])
    .describe("Landing containers, by comma; globs such as `edge-*` stand for those that others create."),
  SLUICE_WEBHOOK_SECRETS: list(",").default([]).describe("Valid webhook secrets, the newest first; two while rotating."),
  SLUICE_API_TOKEN: z.string().default("").describe("Token of the REST API; empty: the local lake's own."),
  SLUICE_JOURNAL_LIMIT: count.default(1_000_000).describe("Arrivals the journal holds before webhooks answer 503."),
  SLUICE_GROUP_LIMIT: count.default(200).describe("Most arrivals in one group."),
  SLUICE_GROUP_BYTES: bytes.default(16 * 1024 * 1024).describe("Most bytes of content in one group."),
  SLUICE_ALONE_BYTES: bytes.default(1024 * 1024).describe("Objects above this size run alone."),
  SLUICE_OPEN_RUNS: count.default(32).describe("Runs that one gateway keeps open at once."),

  SLUICE_TENANTS: tenants
    .default({})
    .describe("What tenants may do: `campus=100/s,50MB/s burst 200MB; user:alice=10/s; *=500/s`; none: whatever they like."),
  SLUICE_SINK_LIMITS: sinkLimits.default({}).describe("Rows a second that a worker writes to a sink: `influxdb=2000/s,neo4j=50/s`."),

  SLUICE_ARCHIVE_EVERY: duration("1m").describe("How often the histories of closed runs are archived."),
  SLUICE_ARCHIVE_OVERLAP: duration("10m").describe("How far the archive looks back each time: runs are listed late, at times."),

  SLUICE_KEEP_RESULTS: duration("30d").describe("How long after a run what its tasks returned is kept, for others to begin in its middle."),

  SLUICE_RECONCILE_EVERY: duration("5m").describe("How often the stores' listings are compared with the catalog, part by part."),
  SLUICE_RECONCILE_FULL_EVERY: duration("24h").describe("In what time a container is compared as a whole, however large."),
  SLUICE_RECONCILE_GRACE: duration("60s").describe("Objects that landed since are left to their webhooks."),

  SLUICE_DAGS: list(delimiter).default([]).describe(`Folders of DAG files, separated by "${delimiter}".`),
  SLUICE_SHIPPED_DAGS: z.stringbool().default(true).describe("Whether the minimum service that ships is in force."),
  SLUICE_INLINE_BYTES: bytes.default(32 * 1024).describe("Task results above this size go to the lake's work area."),
  SLUICE_WORKER_CONCURRENCY: count.default(64).describe("Activities a worker runs at once."),
  SLUICE_METRICS_PORT: port
    .default(9464)
    .describe("Port of 127.0.0.1 where the worker serves its metrics to Prometheus, under `/metrics`; 0: none."),
});

export type Environment = z.output<typeof environment>;

export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

/** Reads the environment; throws one {@link ConfigurationError} that lists everything that is wrong with it. */
export function readEnvironment(variables: NodeJS.ProcessEnv = process.env): Environment {
  const given = Object.fromEntries(Object.entries(variables).filter(([name, value]) => name.startsWith("SLUICE_") && value !== ""));
  const parsed = environment.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    const shape = environment.shape[name as keyof Environment];
    return `${name}: found "${given[name]}"; ${issue.message}. ${shape?.description ?? ""}`;
  });
  throw new ConfigurationError(`The environment has ${problems.length} wrong value(s):\n  ${problems.join("\n  ")}`);
}

/** Paths inside the folder of the local lake. */
export function lakePaths(home: string) {
  const root = resolve(home);
  return {
    root,
    data: join(root, "data"),
    logs: join(root, "logs"),
    processes: join(root, "processes"),
    journal: join(root, "data", "journal.sqlite"),
    code: join(root, "code"),
    /** Written by `sluice up`: addresses and secrets of the running local lake. */
    state: join(root, "lake.json"),
  };
}
