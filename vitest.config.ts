import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** `sluice/…` means the sources here, for what vitest loads and for what Node loads by itself. */
const resolve = {
  conditions: ["sluice-source"],
  alias: {
    "sluice/sdk": source("./sdk/index.ts"),
    "sluice/integrators": source("./sdk/integrators.ts"),
    "sluice/parsing": source("./dags/parsing/index.ts"),
    "sluice/testing": source("./sdk/testing/index.ts"),
  },
};

/** Compiled code of the last start, for the forks and for all that the tests start: an engine starts in half the time. */
process.env["NODE_COMPILE_CACHE"] ??= source("./node_modules/.cache/compiled");

const execArgv = ["--conditions=sluice-source", "--disable-warning=ExperimentalWarning"];
const exclude = ["**/node_modules/**", "**/dist/**", "**/.sluice/**"];

export default defineConfig({
  test: {
    // The databases write their last pages when the lake of the integration tests is stopped.
    teardownTimeout: 60_000,
    projects: [
      {
        resolve,
        test: {
          name: "unit",
          // As long as a busy machine may need; what comes sooner is seen sooner.
          expect: { poll: { timeout: 5_000 } },
          include: ["**/*.test.ts"],
          exclude: [...exclude, "**/*.integration.test.ts"],
          pool: "forks",
          // Before the others, on all cores.
          maxWorkers: "100%",
          execArgv,
        },
      },
      {
        resolve,
        test: {
          name: "integration",
          expect: { poll: { timeout: 5_000 } },
          include: ["**/*.integration.test.ts"],
          exclude,
          globalSetup: ["tests/setup/lake.ts"],
          pool: "forks",
          execArgv,
          // They share one set of servers and two cores: one after the other, times in them mean something.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
