/** What a folder may import beside itself. Folders may be narrowed to a path. */
export type Allowed = {
  readonly folders: readonly string[];
  /** Folders of which only types may be imported: nothing of them is loaded at run time. */
  readonly types?: readonly string[];
  /** Packages by name, `node:` for all of Node's modules; any where it is left out. */
  readonly packages?: readonly string[];
};

/** The import table. A folder that is not listed may be imported by none but `tests` and `bench`, and imports nothing. */
export const importTable: { readonly [folder: string]: Allowed } = {
  sdk: { folders: [], packages: ["zod"] },
  dags: {
    folders: ["sdk"],
    packages: [
      "node:",
      "zod",
      "@date-fns/tz",
      "csv-parse",
      "exifr",
      "file-type",
      "image-size",
      "jsonc-parser",
      "read-excel-file",
      "yauzl",
      "iconv-lite",
      "fast-xml-parser",
    ],
  },
  loader: { folders: ["sdk"], packages: ["node:", "canonicalize", "chokidar", "env-paths", "esbuild", "oxc-parser", "zod"] },
  workflows: { folders: ["sdk"], types: ["activities"], packages: ["@temporalio/workflow", "@temporalio/common"] },
  activities: { folders: ["sdk", "infra"] },
  workers: { folders: ["sdk", "dags", "loader", "workflows", "activities", "infra"] },
  gateway: { folders: ["sdk", "infra"], types: ["workflows"] },
  // `dags test --write` writes to the sinks without a worker, by the integrators themselves.
  cli: { folders: ["sdk", "loader", "infra", "gateway/client.ts", "activities/integrators/"], types: ["gateway"] },
  console: { folders: [], types: ["sdk", "gateway"] },
  infra: { folders: ["sdk"] },

  // They say what the engine must have done, so they know nothing of the engine.
  "tests/chaos/generator": { folders: [], packages: ["node:", "tar-stream", "yazl"] },
  "tests/chaos/audit": { folders: ["tests/chaos/generator"], packages: ["node:", "minio", "mongodb", "neo4j-driver"] },
};

/** Folders that may import anything. */
export const free: readonly string[] = ["tests", "bench"];
