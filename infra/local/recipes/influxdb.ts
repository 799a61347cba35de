import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInfluxClient } from "../../influx.ts";
import type { Recipe } from "../recipe.ts";
import type { RunTool } from "../tools.ts";

export const influxdb: Recipe = {
  name: "influxdb",
  title: "InfluxDB",
  version: "1-debian",
  variable: "SLUICE_INFLUX_URL",
  port: "influxdb",
  installed: {
    program: "influxd",
    accepts: async (path, run) => / v?1\./.test(await run(path, ["version"], { cwd: "/" })),
  },
  buildTime: "about 15 s",
  build: unpackDebianPackage,
  artefact: join("usr", "bin", "influxd"),
  async launch({ program, data, ports }) {
    const file = join(data, "influxdb.conf");
    await writeFile(file, configuration(data, ports.influxdb));
    return { command: program, args: ["-config", file] };
  },
  addresses: (ports) => ({ SLUICE_INFLUX_URL: `http://127.0.0.1:${ports.influxdb}` }),
  async probe(env) {
    await using influx = createInfluxClient(env, 4_000);
    // Needs credentials where there are any; saying that it is there does not.
    await influx.query("SHOW DATABASES");
    return { version: await influx.ping() };
  },
};

const configuration = (data: string, port: number) => `reporting-disabled = true
bind-address = "127.0.0.1:0"

[meta]
  dir = ${JSON.stringify(join(data, "meta"))}

[data]
  dir = ${JSON.stringify(join(data, "data"))}
  wal-dir = ${JSON.stringify(join(data, "wal"))}
  index-version = "tsi1"
  query-log-enabled = false
  max-series-per-database = 0
  max-values-per-tag = 0

[http]
  bind-address = "127.0.0.1:${port}"
  log-enabled = false
  max-body-size = 0

[monitor]
  store-enabled = false
`;

/** Works without root: nothing is installed, and where apt knows no packages yet, lists of its own are loaded. */
async function unpackDebianPackage(into: string, run: RunTool): Promise<void> {
  const options = { cwd: into };
  const own = ["-o", `Dir::State=${into}/apt/state`, "-o", `Dir::Cache=${into}/apt/cache`, "-o", "Dir::State::status=/var/lib/dpkg/status"];
  const unconfined = ["-o", "APT::Sandbox::User=root", "-qq"];
  try {
    await run("apt-get", [...unconfined, "download", "influxdb"], options);
  } catch {
    await run("mkdir", ["-p", "apt/state/lists/partial", "apt/cache/archives/partial"], options);
    await run("apt-get", [...unconfined, ...own, "update"], options);
    await run("apt-get", [...unconfined, ...own, "download", "influxdb"], options);
  }
  const file = (await readdir(into)).find((name) => name.endsWith(".deb"));
  if (file === undefined) throw new Error("`apt-get download influxdb` left no .deb file behind.");
  await run("dpkg-deb", ["-x", file, "."], options);
  await run("rm", ["-rf", "apt", file], options);
}
