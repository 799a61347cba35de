import type { Recipe, ServerName } from "../recipe.ts";
import { influxdb } from "./influxdb.ts";
import { minio } from "./minio.ts";
import { mongo } from "./mongo.ts";
import { neo4j } from "./neo4j.ts";
import { temporal } from "./temporal.ts";
import { versitygw } from "./versitygw.ts";

export const recipes: { readonly [name in ServerName]: Recipe } = { temporal, minio, mongo, influxdb, neo4j, versitygw };

/** What a lake stands on; versitygw may take MinIO's place. */
export const lakeServers = ["temporal", "minio", "mongo", "influxdb", "neo4j"] as const satisfies readonly ServerName[];
