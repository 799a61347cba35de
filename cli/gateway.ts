import { hostname, userInfo } from "node:os";
import { createGatewayClient, type GatewayClient } from "../gateway/client.ts";
import { type Environment, readEnvironment } from "../infra/config.ts";
import { readState } from "../infra/local/state.ts";

/** The gateway that the environment names, else that of the local lake in this folder, else the default address. */
export async function connectGateway(variables: NodeJS.ProcessEnv = process.env): Promise<GatewayClient> {
  const { SLUICE_GATEWAY_URL: url, SLUICE_API_TOKEN: token } = await lakeEnvironment(variables);
  return createGatewayClient({ url, token, user: userName() });
}

/** What the environment says, else where the local lake of this folder is. */
export async function lakeEnvironment(variables: NodeJS.ProcessEnv = process.env): Promise<Environment> {
  const lake = await readState(readEnvironment(variables).SLUICE_HOME);
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value));
  return readEnvironment({ ...lake?.env, ...given });
}

/** Who asks, as the audit has it. */
export function userName(): string {
  return `${userInfo().username}@${hostname()}`;
}
