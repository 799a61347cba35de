// What a clone needs before it can run anything: plain JavaScript without dependencies, for Node 18 and newer.
import { spawn } from "node:child_process";
import { chmodSync, existsSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));
const modules = join(root, "node_modules");
const node = join(modules, "node", "bin", "node");

/** For running the sources: `sluice/…` means the files here, and SQLite in Node is not worth a warning each time. */
export const sourceFlags = ["--conditions=sluice-source", "--disable-warning=ExperimentalWarning"];

/** Stdout belongs to the command that is run in the end. */
const quiet = ["ignore", "ignore", "inherit"];

/** Installs the clone's packages, Node 24 among them, unless they are there as `package-lock.json` says. */
export async function ensurePackages() {
  if (isInstalled()) return;
  const begin = Date.now();
  process.stderr.write("Installing Sluice's packages, about 20 s …\n");
  // Not `npm ci`: it refuses a lock that lacks binaries for other platforms, which not every registry has.
  const code = await run("npm", ["install", "--no-save", "--no-progress", "--loglevel=error"], root, quiet);
  if (code !== 0) {
    fail(`The packages could not be installed: \`npm install\` ended with code ${code}. Its reason stands above.`);
  }
  if (!existsSync(node)) {
    // The package `node` fetches its binary in an install script, which npm may be told not to run.
    await run(process.execPath, ["installArchSpecificPackage.js"], join(modules, "node"), quiet);
  }
  if (!existsSync(node)) fail(`There is no ${node} after the installation. Remove node_modules and try again.`);
  linkCommand();
  process.stderr.write(`Installed in ${((Date.now() - begin) / 1000).toFixed(1)} s.\n`);
}

function isInstalled() {
  const installed = join(modules, ".package-lock.json");
  if (!existsSync(installed) || !existsSync(node)) return false;
  const wanted = packagesOf(join(root, "package-lock.json"));
  const found = packagesOf(installed);
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === "" || (optional && !found[path]) || found[path]?.version === version,
  );
}

function packagesOf(file) {
  return JSON.parse(readFileSync(file, "utf8")).packages;
}

/** So that `npx sluice` finds the command of the clone it stands in. */
function linkCommand() {
  const command = join(modules, ".bin", "sluice");
  chmodSync(join(root, "bin", "sluice.js"), 0o755);
  rmSync(command, { force: true });
  symlinkSync(join("..", "..", "bin", "sluice.js"), command);
}

/** Runs the clone's own Node; resolves to the exit code. */
export function runNode(args, cwd) {
  return run(node, args, cwd);
}

/** Runs a program with the clone's Node and commands first on the PATH, and passes signals on to it. */
export function run(command, args, cwd = root, stdio = "inherit") {
  const path = [join(modules, "node", "bin"), join(modules, ".bin"), process.env.PATH].join(delimiter);
  const child = spawn(command, args, { cwd, stdio, env: { ...process.env, PATH: path } });
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  const pass = (signal) => {
    // Ctrl-C reaches the child from the terminal already; twice would mean something else.
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  };
  for (const signal of signals) process.on(signal, pass);
  return new Promise((resolve) => {
    const end = (code) => {
      for (const signal of signals) process.off(signal, pass);
      resolve(code);
    };
    child.once("error", (error) => {
      process.stderr.write(`\`${command}\` could not be started: ${error.message}\n`);
      end(127);
    });
    child.once("exit", (code, signal) => end(code ?? (signal === "SIGINT" ? 130 : 143)));
  });
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
