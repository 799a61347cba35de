import { createGatewayClient, type GatewayClient } from "../gateway/client.ts";
import { readEnvironment } from "../infra/config.ts";
import { readState } from "../infra/local/state.ts";

/** The gateway that the environment names, else that of the local lake in this folder, else the default address. */
export async function connectGateway(variables: NodeJS.ProcessEnv = process.env): Promise<GatewayClient> {
  const lake = await readState(readEnvironment(variables).SLUICE_HOME);
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value));
  const { SLUICE_GATEWAY_URL: url, SLUICE_API_TOKEN: token } = readEnvironment({ ...lake?.env, ...given });
  return createGatewayClient({ url, token });
}
