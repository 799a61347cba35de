import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Environment, lakePaths } from "../config.ts";
import { install, type Installed } from "./install.ts";
import type { LakePorts } from "./ports.ts";
import type { Say } from "./progress.ts";
import type { Health, Recipe } from "./recipe.ts";
import { ensureService } from "./service.ts";

export type ServerSettings = {
  readonly home: string;
  readonly ports: LakePorts;
  /** What the server is to answer to: its address, keys, and the gateway to which it sends events. */
  readonly env: Environment;
  readonly say?: Say;
  readonly signal?: AbortSignal;
};

export type RunningServer = { readonly health: Health; readonly from: Installed["from"]; readonly started: boolean };

/** Installs the server if it must, starts it unless it runs, and waits for it to answer. */
export async function startServer(recipe: Recipe, settings: ServerSettings): Promise<RunningServer> {
  const { home, ports, env, say, signal } = settings;
  const { program, from } = await install(recipe, say, signal);
  const data = join(lakePaths(home).data, recipe.name);
  await mkdir(data, { recursive: true });
  const readiness = await ensureService({
    name: recipe.name,
    title: recipe.title,
    home,
    launch: await recipe.launch({ program, data, ports, env }),
    ports: [recipe.port, ...(recipe.otherPorts ?? [])].map((name) => ports[name]),
    portAdvice:
      `Stop that program, choose another port (SLUICE_PORTS="${recipe.port}=…" or SLUICE_PORT_OFFSET=1000), ` +
      `or, if it is the ${recipe.title} to be used, put its address into ${recipe.variable}.`,
    check: () => recipe.probe(env),
    ...(say && { say }),
    ...(signal && { signal }),
  });
  return { ...readiness, from };
}
