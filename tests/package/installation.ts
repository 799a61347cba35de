import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa, type Result } from "execa";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export type Installation = AsyncDisposable & {
  /** The user's folder: the package in its node_modules, and nothing else. */
  readonly folder: string;
  /** Where the package stands in it. */
  readonly packageFolder: string;
  /** `npx sluice …` in that folder. Fails only by its exit code. */
  sluice(words: readonly string[], env?: Readonly<Record<string, string>>): Promise<Result<{ reject: false }>>;
};

/** Packs this clone and installs the tarball into an empty folder outside of it, as a user would. */
export async function installPackage(): Promise<Installation> {
  await using opening = new AsyncDisposableStack();
  const home = await realpath(await mkdtemp(join(tmpdir(), "sluice-package-")));
  opening.defer(() => rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));
  const folder = join(home, "lake");
  await mkdir(folder);
  const env = userEnvironment();
  const { stdout } = await execa("npm", ["pack", "--silent", "--pack-destination", home], { cwd: root, env, extendEnv: false });
  const tarball = join(home, stdout.trim().split("\n").at(-1) ?? "");
  const quiet = ["--no-audit", "--no-fund", "--no-progress", "--loglevel=error", "--prefer-offline"];
  await execa("npm", ["install", ...quiet, tarball], { cwd: folder, env, extendEnv: false });
  const closing = opening.move();
  return {
    folder,
    packageFolder: join(folder, "node_modules", "sluice"),
    sluice: (words, more = {}) =>
      execa("npx", ["sluice", ...words], { cwd: folder, env: { ...env, ...more }, extendEnv: false, reject: false }),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** What Node 22 lacks of Node 24: the package is for both, and these tests run on one. */
const asNode22 = `
  for (const name of ["AsyncDisposableStack", "DisposableStack", "SuppressedError", "Float16Array", "URLPattern"]) delete globalThis[name];
  delete Promise.try; delete RegExp.escape; delete Error.isError;
`;

/** A user's: neither the lake of these tests, nor what npm and vitest tell their children, nor the clone's commands. */
function userEnvironment(): Readonly<Record<string, string>> {
  const inherited = /^(SLUICE_|VITEST|NODE_ENV$|INIT_CWD$|npm_(package|lifecycle)_|npm_(command|config_local_prefix)$)/;
  const path = (process.env["PATH"] ?? "").split(delimiter).filter((entry) => !entry.startsWith(root));
  return {
    ...Object.fromEntries(
      Object.entries(process.env).flatMap(([name, value]) => (value === undefined || inherited.test(name) ? [] : [[name, value]])),
    ),
    PATH: [dirname(process.execPath), ...path].join(delimiter),
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(asNode22)}`,
  };
}
