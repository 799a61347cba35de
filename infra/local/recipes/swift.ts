import { mkdir, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { userInfo } from "node:os";
import { execa } from "execa";
import { isFree } from "../ports.ts";
import { onPath } from "../tools.ts";
import { swiftConfiguration } from "./swift-configuration.ts";
import type { SwiftMiddleware } from "./swift-configuration.ts";

const packages = ["swift-proxy", "swift-account", "swift-container", "swift-object", "memcached"];
const programs = [
  "swift-ring-builder",
  "swift-proxy-server",
  "swift-account-server",
  "swift-container-server",
  "swift-object-server",
  "memcached",
];
const rings = ["account", "container", "object"] as const;
/** Proxy, account, container, object, memcached. */
const portsInARow = 5;
const serviceGate = "/usr/sbin/policy-rc.d";

export type SwiftSettings = {
  /** A folder of its own: rings, configuration, data and logs. Must support extended attributes. */
  readonly home: string;
  /** The proxy's; the four after it are taken too. */
  readonly port: number;
  readonly pipelineMiddleware?: SwiftMiddleware;
};

export type RunningSwift = AsyncDisposable & {
  readonly authUrl: string;
  /** Owner of its account. */
  readonly user: string;
  readonly key: string;
  /** A user of the same account who owns nothing. */
  readonly guest: { readonly user: string; readonly key: string };
  stop(): Promise<void>;
};

/** Why OpenStack Swift cannot run here; nothing where it can (it may have to be installed first). */
export async function swiftObstacle(): Promise<string | undefined> {
  if ((await missingPrograms()).length === 0) return undefined;
  if (process.getuid?.() !== 0) return `OpenStack Swift is not installed and only root can: apt-get install ${packages.join(" ")}`;
  if ((await onPath("apt-get")) === undefined)
    return "OpenStack Swift is not installed, and its recipe needs Debian's apt-get, which is not on the PATH";
  return undefined;
}

/** Installs Debian's packages where they are missing. Their services are not started. */
export async function installSwift(): Promise<void> {
  if ((await missingPrograms()).length === 0) return;
  const obstacle = await swiftObstacle();
  if (obstacle !== undefined) throw new Error(obstacle);
  await using _gate = await withoutServices();
  const install = () =>
    execa("apt-get", ["install", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=600", ...packages], {
      env: { DEBIAN_FRONTEND: "noninteractive" },
      all: true,
    });
  // Package lists are missing or old on a fresh machine; fetching them costs more than trying without.
  await install().catch(async () => {
    await execa("apt-get", ["update", "-o", "DPkg::Lock::Timeout=600"]);
    await install();
  });
}

/** The first of five ports in a row that are free now. */
export async function freeSwiftPort(): Promise<number> {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 20_000);
    const free = await Promise.all(Array.from({ length: portsInARow }, (_, offset) => isFree(port + offset)));
    if (!free.includes(false)) return port;
  }
}

/** One node on loopback, up when its proxy has served an account. */
export async function startSwift(settings: SwiftSettings): Promise<RunningSwift> {
  await installSwift();
  const { home, port } = settings;
  for (const folder of ["", "data/d1", "cache", "logs"]) await mkdir(join(home, folder), { recursive: true });
  const files = swiftConfiguration({ ...settings, owner: userInfo().username });
  for (const [name, content] of Object.entries(files)) await writeFile(join(home, name), content);
  for (const [index, ring] of rings.entries()) await buildRing(home, ring, port + 1 + index);

  const run = (name: string, command: string, args: readonly string[]) => {
    const log = { file: join(home, "logs", `${name}.log`), append: true };
    return execa(command, args, {
      cwd: home,
      stdin: "ignore",
      stdout: log,
      stderr: log,
      reject: false,
      forceKillAfterDelay: 3_000,
      env: {
        PYTHONPATH: [settings.pipelineMiddleware?.folder, process.env["PYTHONPATH"]].filter(Boolean).join(delimiter),
        PYTHONDONTWRITEBYTECODE: "1",
      },
    });
  };
  const children = [
    run("memcached", "memcached", ["-l", "127.0.0.1", "-p", String(port + 4), "-m", "16", "-u", userInfo().username]),
    ...[...rings, "proxy"].map((name) => run(name, `swift-${name}-server`, [join(home, `${name}-server.conf`), "-v"])),
  ];
  const stop = async () => {
    for (const child of children.toReversed()) child.kill("SIGTERM");
    await Promise.all(children);
  };
  const authUrl = `http://127.0.0.1:${port}/auth/v1.0`;
  const swift = { authUrl, user: "test:tester", key: "testing", guest: { user: "test:guest", key: "guesting" } };
  try {
    await untilServing(swift, settings, Date.now() + 60_000);
  } catch (error) {
    await stop();
    throw error;
  }
  return { ...swift, stop, [Symbol.asyncDispose]: stop };
}

async function buildRing(home: string, ring: string, port: number): Promise<void> {
  const builder = join(home, `${ring}.builder`);
  await rm(builder, { force: true });
  const steps = [
    ["create", "8", "1", "1"],
    ["add", `r1z1-127.0.0.1:${port}/d1`, "1"],
    ["rebalance", "--force"],
  ];
  for (const step of steps) await execa("swift-ring-builder", [builder, ...step], { cwd: home });
}

type Login = { readonly authUrl: string; readonly user: string; readonly key: string };

async function untilServing(swift: Login, { home, port }: SwiftSettings, deadline: number): Promise<void> {
  for (;;) {
    const found = await serves(swift, port).catch((error: unknown) => String(error));
    if (found === true) return;
    if (Date.now() > deadline) {
      throw new Error(
        `OpenStack Swift did not serve ${swift.authUrl} within a minute (last: ${found}). Its logs are in ${join(home, "logs")}.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

async function serves({ authUrl, user, key }: Login, port: number): Promise<true | string> {
  // First, because the proxy avoids a server that it once found absent for a while. Any answer will do.
  for (const offset of rings.keys()) await fetch(`http://127.0.0.1:${port + 1 + offset}/`);
  const auth = await fetch(authUrl, { headers: { "x-auth-user": user, "x-auth-key": key } });
  const address = auth.headers.get("x-storage-url");
  if (address === null) return `authentication answered ${auth.status}`;
  const account = await fetch(address, { method: "HEAD", headers: { "x-auth-token": auth.headers.get("x-auth-token") ?? "" } });
  return account.ok ? true : `the account answered ${account.status}`;
}

/** Debian starts services as it installs them, unless this file forbids it. One that stands already is left alone. */
async function withoutServices(): Promise<AsyncDisposable> {
  const ours = await writeFile(serviceGate, "#!/bin/sh\nexit 101\n", { flag: "wx", mode: 0o755 }).then(
    () => true,
    () => false,
  );
  return { [Symbol.asyncDispose]: async () => (ours ? rm(serviceGate, { force: true }) : undefined) };
}

async function missingPrograms(): Promise<readonly string[]> {
  const found = await Promise.all(programs.map(onPath));
  return programs.filter((_, index) => found[index] === undefined);
}
