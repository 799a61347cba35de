#!/usr/bin/env node
// The `sluice` command. In a clone it runs the sources with the clone's Node 24, in the package what was built.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const source = fileURLToPath(new URL("../cli/main.ts", import.meta.url));

if (existsSync(source)) {
  const { ensurePackages, runNode, sourceFlags } = await import("./clone.js");
  await ensurePackages();
  process.exitCode = await runNode([...sourceFlags, source, ...process.argv.slice(2)], process.cwd());
} else {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 22 || (major === 22 && minor < 15)) {
    process.stderr.write(
      `Sluice needs Node 22.15 or newer; this is ${process.versions.node} (${process.execPath}). ` +
        "Install a newer one, e.g. from https://nodejs.org, and try again.\n",
    );
    process.exit(1);
  }
  silenceExperiments();
  await import(new URL("../dist/cli/main.js", import.meta.url).href);
}

/** As `--disable-warning=ExperimentalWarning`: that SQLite was new in Node 22 is no news to whoever asks for a DAG. */
function silenceExperiments() {
  const { emitWarning } = process;
  process.emitWarning = (warning, type, ...rest) => {
    if ((type?.type ?? type ?? warning.name) !== "ExperimentalWarning") emitWarning.call(process, warning, type, ...rest);
  };
}
