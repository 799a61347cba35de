import { once } from "node:events";
import { connect } from "node:net";
import { terminal } from "../../sdk/contracts/errors.ts";
import type { LakePlan } from "./plan.ts";
import { runningProcesses } from "./processes.ts";

type Wanted = { readonly gateway?: boolean; readonly worker?: boolean };

/** Throws where the ports of a lake of which nothing runs are in use: by another lake, or by what else listens there. */
export async function requireRoom(home: string, plan: LakePlan, wanted: Wanted): Promise<void> {
  const needed = portsOf(plan, wanted);
  const answers = await Promise.all(needed.map(({ port }) => isListening(port)));
  const taken = needed.filter((_, index) => answers[index]);
  if (taken.length === 0 || (await runningProcesses(home)).length > 0) return;
  const found = taken.map(({ title, port }) => `${port} (${title})`).join(", ");
  const url = plan.env.SLUICE_GATEWAY_URL;
  const advice = (await isGateway(url))
    ? `Another lake of Sluice runs there, its gateway at ${url}. To use that one, set SLUICE_HOME to its folder; for one of your own beside it, set SLUICE_PORT_OFFSET=1000.`
    : "Stop what listens there, choose other ports (SLUICE_PORT_OFFSET=1000, or SLUICE_PORTS for single ones), or put the address of a server that is to be used into its variable, e.g. SLUICE_MONGO_URL.";
  throw terminal("PORT_TAKEN", `The lake in ${home} needs ports of 127.0.0.1 that are in use: ${found}. ${advice}`);
}

function portsOf({ local, ports, env, ownGateway }: LakePlan, { gateway, worker }: Wanted) {
  return [
    ...local.flatMap(({ title, port, otherPorts = [] }) => [port, ...otherPorts].map((name) => ({ title, port: ports[name] }))),
    ...(gateway && ownGateway ? [{ title: "gateway", port: Number(new URL(env.SLUICE_GATEWAY_URL).port) || 80 }] : []),
    ...(worker && env.SLUICE_METRICS_PORT !== 0 ? [{ title: "metrics", port: env.SLUICE_METRICS_PORT }] : []),
  ];
}

/** Asked by connecting: a port that were tried by listening could not be had by whoever starts at that moment. */
async function isListening(port: number): Promise<boolean> {
  const socket = connect({ host: "127.0.0.1", port });
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(2_000) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function isGateway(url: string): Promise<boolean> {
  try {
    const answer = await fetch(new URL("/health", url), { signal: AbortSignal.timeout(2_000) });
    const { status } = (await answer.json()) as { readonly status?: unknown };
    return answer.ok && status === "ok";
  } catch {
    return false;
  }
}
