// `npm start`, `npm test`, `npm run verify`, `npm run bench` and `npm run chaos`: sees to the packages, then goes on with the clone's own Node 24.
import { join } from "node:path";
import { ensurePackages, root, run, runNode, sourceFlags } from "./clone.js";

const [task, ...args] = process.argv.slice(2);

const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const tasks = {
  start: () => runNode([...sourceFlags, join(root, "cli", "main.ts"), "start", ...args]),
  test: () => runNode([vitest, "run", ...args]),
  bench: () => runNode([...sourceFlags, join(root, "bench", "main.ts"), ...args]),
  chaos: () => runNode([...sourceFlags, join(root, "tests", "chaos", "main.ts"), ...args]),
  verify: async () => (await run("npm", ["run", "--silent", "check"])) || (await tasks.test()),
};

if (!Object.hasOwn(tasks, task ?? "")) {
  process.stderr.write(`"${task}" is no task. The tasks are: ${Object.keys(tasks).join(", ")}.\n`);
  process.exit(2);
}
await ensurePackages();
process.exitCode = await tasks[task]();
