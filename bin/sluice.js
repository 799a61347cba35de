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
  await import(new URL("../dist/cli/main.js", import.meta.url).href);
}
