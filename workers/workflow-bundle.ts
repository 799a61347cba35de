import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { glob, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { WorkflowBundleOption } from "@temporalio/worker";

/** The code is about 1 MB. */
const maxBuffer = 64 * 1024 * 1024;

const root = fileURLToPath(new URL("..", import.meta.url));
const kept = join(root, "node_modules", ".cache", "sluice", "workflows.cjs");

/** All that the code is made of: workflows may import nothing but these folders and packages. */
const sources = ["{workflows,sdk}/**/*.ts", "workers/bundle-workflows.ts", "package-lock.json"];

/**
 * The workflows' code: built ahead in the package; where the sources are, bundled when they have changed since the last
 * start, which takes two seconds. By a process of its own: the bundler takes hundreds of megabytes, which a worker
 * would never give back.
 */
export async function workflowBundle(): Promise<WorkflowBundleOption> {
  const built = join(root, "workflow-bundle.cjs");
  if (existsSync(built)) return { codePath: built };
  const title = `// Made of sources whose SHA-256 is ${await hashOfSources()}\n`;
  const last = await readFile(kept, "utf8").catch(() => "");
  if (last.startsWith(title)) return { code: last };
  const bundler = fileURLToPath(new URL(`bundle-workflows${extname(import.meta.url)}`, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, bundler], { maxBuffer });
  const code = title + stdout;
  // Where nothing may be written, it is bundled at each start.
  await keep(code).catch(() => {});
  return { code };
}

async function hashOfSources(): Promise<string> {
  const files = await Array.fromAsync(glob(sources, { cwd: root, exclude: ["**/*.test.ts"] }));
  const contents = await Promise.all(files.toSorted().map(async (file) => [file, await readFile(join(root, file), "utf8")]));
  return createHash("sha256").update(JSON.stringify(contents)).digest("hex");
}

/** Several workers may start at once: what is there is always whole. */
async function keep(code: string): Promise<void> {
  await mkdir(dirname(kept), { recursive: true });
  const unfinished = `${kept}.${process.pid}`;
  await writeFile(unfinished, code);
  await rename(unfinished, kept);
}
