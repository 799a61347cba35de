import { basename, join } from "node:path";
import { MongoClient } from "mongodb";
import { terminal } from "../../../sdk/contracts/errors.ts";
import { javaServer } from "../builds.ts";
import type { Recipe } from "../recipe.ts";

const standIn = javaServer("mongo", "1.47.0", "MongoStandIn");

/**
 * The stand-in answers on the thread that serves the connection: with the default of two for each core, a list that
 * has to scan would stop every other connection of its thread for as long. Without the optimising compiler, which for
 * minutes takes more of the processors than it saves: 600 objects at once then end twice as fast. Nested documents
 * are read and written by recursion, and need the stack.
 */
const jvm = ["-Xmx1g", "-Xss4m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dio.netty.eventLoopThreads=64"];

/** MongoDB if it is installed; otherwise a stand-in that speaks its protocol, since no package registry has MongoDB. */
export const mongo: Recipe = {
  name: "mongo",
  title: "MongoDB",
  version: standIn.version,
  variable: "SLUICE_MONGO_URL",
  port: "mongo",
  installed: {
    program: "mongod",
    accepts: async (path, run) => majorOf((await run(path, ["--version"], { cwd: "/" })).replace(/^.*?v/s, "")) >= 5,
  },
  buildTime: "about 10 s",
  build: standIn.build,
  artefact: standIn.artefact,
  launch: ({ program, data, ports }) =>
    basename(program) === "mongod"
      ? { command: program, args: ["--dbpath", data, "--port", String(ports.mongo), "--bind_ip", "127.0.0.1"] }
      : standIn.launch(program, jvm, [join(data, "lake.mv"), String(ports.mongo)]),
  addresses: (ports) => ({ SLUICE_MONGO_URL: `mongodb://127.0.0.1:${ports.mongo}` }),
  async probe(env) {
    await using client = new MongoClient(env.SLUICE_MONGO_URL, { serverSelectionTimeoutMS: 2_000 });
    const admin = client.db("admin");
    await admin.command({ ping: 1 });
    // Needs no rights; the list of collections does, so that wrong credentials are found here.
    await client.db("swift").listCollections({}, { nameOnly: true }).toArray();
    const { version } = (await admin.command({ buildInfo: 1 })) as { version?: unknown };
    if (majorOf(String(version)) < 5) {
      throw terminal(
        "SERVER_TOO_OLD",
        `MongoDB at SLUICE_MONGO_URL is version ${String(version)}; Sluice needs 5.0 or newer. Upgrade it, or name another.`,
      );
    }
    return { version: String(version) };
  },
};

function majorOf(version: string): number {
  return Number.parseInt(version, 10) || 0;
}
