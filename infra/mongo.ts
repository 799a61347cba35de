import { MongoClient } from "mongodb";
import type { Environment } from "./config.ts";

/**
 * A client that fails soon when MongoDB is away (Temporal tries again) and uses nothing that the local stand-in
 * lacks: no sessions, no retryable writes.
 */
export function createMongoClient(settings: Pick<Environment, "SLUICE_MONGO_URL">): MongoClient {
  return new MongoClient(settings.SLUICE_MONGO_URL, {
    appName: "sluice",
    maxPoolSize: 16,
    serverSelectionTimeoutMS: 5_000,
    connectTimeoutMS: 5_000,
    retryWrites: false,
    ignoreUndefined: true,
  });
}
