import neo4j, { type Driver } from "neo4j-driver";
import type { Environment } from "./config.ts";

export type Neo4jSettings = Pick<Environment, "SLUICE_NEO4J_URL" | "SLUICE_NEO4J_USER" | "SLUICE_NEO4J_PASSWORD">;

/** A driver whose integers are plain numbers; it retries deadlocks for a few seconds, Temporal what lasts longer. */
export function createNeo4jDriver(settings: Neo4jSettings): Driver {
  const { SLUICE_NEO4J_URL: url, SLUICE_NEO4J_USER: user, SLUICE_NEO4J_PASSWORD: password } = settings;
  return neo4j.driver(url, user ? neo4j.auth.basic(user, password) : undefined, {
    userAgent: "sluice",
    disableLosslessIntegers: true,
    maxConnectionPoolSize: 16,
    connectionTimeout: 5_000,
    connectionAcquisitionTimeout: 10_000,
    maxTransactionRetryTime: 10_000,
  });
}
