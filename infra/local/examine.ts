import { isSluiceError } from "../../sdk/contracts/errors.ts";
import type { Environment } from "../config.ts";
import { landingContainers, namedContainers } from "../landing.ts";
import type { AddressVariable, Health, Recipe } from "./recipe.ts";
import { lakeServers, recipes } from "./recipes/index.ts";
import { connectS3, ownContainers } from "./s3.ts";

/** What an examination of one part of the lake found. */
export type Finding = {
  readonly name: string;
  readonly address: string;
  readonly state: "well" | "warning" | "ill";
  readonly version?: string;
  /** Milliseconds that it took to answer. */
  readonly took: number;
  /** What is wrong and what to do, as sentences. */
  readonly advice: readonly string[];
};

/** Talks to every server that the lake stands on, as the engine would, each by itself. */
export async function examineServers(env: Environment): Promise<readonly Finding[]> {
  return await Promise.all(
    lakeServers.map((name) => {
      const recipe = recipes[name];
      return examine(
        recipe.title,
        shown(env, recipe),
        () => probe(recipe, env),
        (error) => adviceFor(recipe, env, error),
      );
    }),
  );
}

export async function examine(
  name: string,
  address: string,
  check: () => Promise<Health>,
  advise: (error: Error) => string,
): Promise<Finding> {
  const begin = performance.now();
  const took = () => Math.round(performance.now() - begin);
  try {
    const { version, warnings = [] } = await check();
    return { name, address, state: warnings.length > 0 ? "warning" : "well", version, took: took(), advice: warnings };
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    return { name, address, state: "ill", took: took(), advice: [advise(error)] };
  }
}

async function probe(recipe: Recipe, env: Environment): Promise<Health> {
  const health = await recipe.probe(env);
  if (recipe.variable !== "SLUICE_S3_URL") return health;
  return { ...health, warnings: [...(health.warnings ?? []), ...(await storeWarnings(env))] };
}

async function storeWarnings(env: Environment): Promise<readonly string[]> {
  const client = connectS3(env);
  const present = (await client.listBuckets()).map(({ name }) => name);
  const missing = [...namedContainers(env.SLUICE_CONTAINERS), ...ownContainers].filter((name) => !present.includes(name));
  const silent: string[] = [];
  for (const container of present.filter(landingContainers(env.SLUICE_CONTAINERS))) {
    const configuration: unknown = await client.getBucketNotification(container).catch(() => undefined);
    if (!JSON.stringify(configuration ?? "").includes("ObjectCreated")) silent.push(container);
  }
  return [
    ...(missing.length > 0 ? [`Containers are missing: ${missing.join(", ")}. \`sluice up\` creates them.`] : []),
    ...(silent.length > 0
      ? [
          `No events come from ${silent.join(", ")}, so what lands there starts nothing: run \`sluice up\`, or have the store post s3:ObjectCreated:* to ${env.SLUICE_GATEWAY_URL}/webhooks/s3.`,
        ]
      : []),
  ];
}

/** Words by which servers refuse credentials. */
const refusal = /unauthori[sz]ed|authentication|access ?denied|InvalidAccessKeyId|SignatureDoesNotMatch|not authorized/i;

const credentials: Partial<Record<AddressVariable, string>> = {
  SLUICE_S3_URL: "SLUICE_S3_ACCESS_KEY and SLUICE_S3_SECRET_KEY",
  SLUICE_MONGO_URL: "user and password in SLUICE_MONGO_URL",
  SLUICE_INFLUX_URL: "SLUICE_INFLUX_USER and SLUICE_INFLUX_PASSWORD",
  SLUICE_NEO4J_URL: "SLUICE_NEO4J_USER and SLUICE_NEO4J_PASSWORD",
};

/** Addresses may carry a password, which is nobody's to read over somebody's shoulder. */
function shown(env: Environment, { variable }: Recipe): string {
  return env[variable].replace(/\/\/[^@/]*@/, "//…@");
}

function adviceFor(recipe: Recipe, env: Environment, error: Error): string {
  const { title, variable } = recipe;
  const reason = reasonOf(error);
  if (refusal.test(`${"code" in error ? String(error.code) : ""} ${reason}`)) {
    return `${title} refuses the credentials (${reason}). Check ${credentials[variable] ?? variable}.`;
  }
  if (isSluiceError(error)) return error.message;
  return (
    `${title} does not answer at ${shown(env, recipe)} (${reason}). ` +
    `Start the local lake with \`sluice up\`, or put the address of a running ${title} into ${variable}.`
  );
}

/** Network errors say the least in their own message. */
function reasonOf(error: Error): string {
  const cause = error.cause instanceof Error ? error.cause : undefined;
  const text = error.message || String("code" in error ? error.code : error.name);
  return cause?.message && !text.includes(cause.message) ? `${text}: ${cause.message}` : text;
}
