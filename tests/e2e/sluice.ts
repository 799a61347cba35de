import { fileURLToPath } from "node:url";
import { execa } from "execa";

const main = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const flags = ["--conditions=sluice-source", "--disable-warning=ExperimentalWarning"];

/** The `sluice` command of this clone, as people type it; rejects where it ends with another exit code than 0. */
export function createSluice(env: NodeJS.ProcessEnv) {
  return (...words: readonly string[]) => execa(process.execPath, [...flags, main, ...words], { env: { ...env, NO_COLOR: "1" } });
}
