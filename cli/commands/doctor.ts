import { Command } from "commander";
import { createGatewayClient } from "../../gateway/client.ts";
import { type Environment, readEnvironment } from "../../infra/config.ts";
import { examine, examineServers, type Finding } from "../../infra/local/examine.ts";
import { readState } from "../../infra/local/state.ts";
import { duration, fold, printable } from "../output/format.ts";
import { createOutput, type Output } from "../output/output.ts";

export function doctorCommand(): Command {
  return new Command("doctor")
    .description("check each server, and say what to do")
    .option("--home <folder>", "the lake's folder (SLUICE_HOME)")
    .option("--json", "print one JSON value")
    .action(async (options: { readonly home?: string; readonly json?: boolean }) => {
      const output = createOutput(options);
      const home = options.home ?? readEnvironment().SLUICE_HOME;
      const env = readEnvironment({ ...(await readState(home))?.env, ...process.env, SLUICE_HOME: home });
      const [servers, gateway] = await Promise.all([examineServers(env), examineGateway(env)]);
      const findings = [...servers, gateway];
      const healthy = findings.every(({ state }) => state !== "ill");
      output.print(findingsText(findings, output));
      output.result({ healthy, findings });
      if (!healthy) process.exitCode = 1;
    });
}

async function examineGateway(env: Environment): Promise<Finding> {
  const { SLUICE_GATEWAY_URL: url, SLUICE_API_TOKEN: token } = env;
  const check = async () => {
    const { version, parts } = await createGatewayClient({ url, token }).status();
    const ill = parts.filter(({ healthy }) => !healthy);
    return { version, warnings: ill.map(({ name, problem }) => `It finds ${name} ailing: ${problem ?? "no reason given"}.`) };
  };
  return await examine("Gateway", url, check, (error) => error.message);
}

/** One line for each part, and under it what to do. */
export function findingsText(findings: readonly Finding[], { paint, width }: Pick<Output, "paint" | "width">): string {
  const signs = { well: paint.green("✓"), warning: paint.yellow("!"), ill: paint.red("✗") };
  const names = Math.max(...findings.map(({ name }) => name.length));
  const addresses = Math.max(...findings.map(({ address }) => address.length));
  return findings
    .flatMap(({ name, address, state, version = "", took, advice }) => [
      `${signs[state]} ${name.padEnd(names)}  ${address.padEnd(addresses)}  ${duration(took).padStart(8)}  ${printable(version)}`.trimEnd(),
      ...advice.flatMap((text) => fold(printable(text), Math.min(width, 100) - 4).map((line) => `    ${line}`)),
    ])
    .join("\n");
}
