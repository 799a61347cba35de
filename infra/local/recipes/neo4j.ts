import neo4jDriver from "neo4j-driver";
import { javaServer } from "../builds.ts";
import type { Recipe } from "../recipe.ts";

const server = javaServer("neo4j", "5.26.30", "Neo4jServer");

/** What Neo4j's page cache reaches into, which Java has closed since version 16. */
const opened = ["java.nio", "java.io", "sun.nio.ch"].map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`);

/** Without the second compiler it starts in 3.8 s instead of 6.5 s, and a local lake's graphs are small. */
const jvm = [...opened, "-Xmx768m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];

export const neo4j: Recipe = {
  name: "neo4j",
  title: "Neo4j",
  version: server.version,
  variable: "SLUICE_NEO4J_URL",
  port: "neo4j",
  buildTime: "about 20 s",
  build: server.build,
  artefact: server.artefact,
  launch: ({ program, data, ports }) => server.launch(program, jvm, [data, String(ports.neo4j)]),
  addresses: (ports) => ({ SLUICE_NEO4J_URL: `bolt://127.0.0.1:${ports.neo4j}` }),
  async probe(env) {
    const { SLUICE_NEO4J_USER: user, SLUICE_NEO4J_PASSWORD: password } = env;
    const token = user === "" ? undefined : neo4jDriver.auth.basic(user, password);
    await using driver = neo4jDriver.driver(env.SLUICE_NEO4J_URL, token, {
      connectionTimeout: 2_000,
      connectionAcquisitionTimeout: 4_000,
      maxTransactionRetryTime: 0,
    });
    const { records } = await driver.executeQuery("CALL dbms.components() YIELD versions RETURN versions[0] AS version");
    return { version: String(records[0]?.get("version")) };
  },
};
