// Servers that stay up between test runs: `node tests/setup/dev-lake.ts up FOLDER`, then SLUICE_TEST_LAKE=FOLDER vitest.
import { findLake, startLake } from "../../infra/local/lake.ts";
import { freePorts } from "../../infra/local/ports.ts";

const [action, home] = process.argv.slice(2);
if ((action !== "up" && action !== "down") || home === undefined) {
  console.error("usage: node tests/setup/dev-lake.ts up|down FOLDER");
  process.exit(2);
}

const known = await findLake(home);
if (action === "down") {
  await known?.stop();
} else {
  const ports = known?.ports ?? (await freePorts());
  const report = (progress: object) => console.log(Object.values(progress).join("  "));
  const lake = await startLake({ home, ports, report });
  console.log(lake.env);
}
