import { delimiter, resolve } from "node:path";
import { type Environment, readEnvironment } from "../config.ts";
import { choosePorts, type LakePorts } from "./ports.ts";
import type { Recipe } from "./recipe.ts";
import { type LakeState, secretsOf } from "./state.ts";

export type LakePlan = {
  readonly ports: LakePorts;
  /** Every `SLUICE_` variable of the lake. */
  readonly variables: Readonly<Record<string, string>>;
  readonly env: Environment;
  /** The servers to start, and those that are there already because the environment names them. */
  readonly local: readonly Recipe[];
  readonly existing: readonly Recipe[];
  /** Whether the gateway is the lake's own: its address is not given, or it is this machine's. */
  readonly ownGateway: boolean;
};

/** Decides where everything is: what the environment says, else what it was last time, else the defaults. */
export function planLake(
  home: string,
  given: NodeJS.ProcessEnv,
  servers: readonly Recipe[],
  saved: LakeState | undefined,
  chosen?: LakePorts,
): LakePlan {
  const explicit = explicitIn(given);
  const said = readEnvironment(explicit);
  const wantsPorts = "SLUICE_PORTS" in explicit || "SLUICE_PORT_OFFSET" in explicit;
  const kept = wantsPorts ? undefined : saved?.ports;
  const ports = chosen ?? kept ?? choosePorts(said.SLUICE_PORT_OFFSET, said.SLUICE_PORTS);

  const folders = said.SLUICE_DAGS.map((folder) => resolve(folder)).join(delimiter) || saved?.env["SLUICE_DAGS"];
  const existing = servers.filter((recipe) => recipe.variable in explicit);
  const local = servers.filter((recipe) => !existing.includes(recipe));
  const secrets = Object.entries(secretsOf(saved)).filter(([name]) => !("SLUICE_S3_URL" in explicit && name.startsWith("SLUICE_S3_")));
  const variables: Record<string, string> = {
    ...Object.fromEntries(secrets),
    ...Object.assign({}, ...local.map((recipe) => recipe.addresses(ports))),
    SLUICE_GATEWAY_URL: `http://127.0.0.1:${ports.gateway}`,
    SLUICE_METRICS_PORT: String(ports.metrics),
    ...explicit,
    SLUICE_HOME: resolve(home),
    ...(folders && { SLUICE_DAGS: folders }),
  };
  const env = readEnvironment(variables);
  const ownGateway = ["127.0.0.1", "localhost", "[::1]"].includes(new URL(env.SLUICE_GATEWAY_URL).hostname);
  return { ports, variables, env, local, existing, ownGateway };
}

function explicitIn(given: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(given).flatMap(([name, value]) => (name.startsWith("SLUICE_") && value ? [[name, value]] : [])));
}
