import { expect, it, vi } from "vitest";
import { terminal } from "../../sdk/contracts/errors.ts";
import { quarantineRoutes } from "./quarantine.ts";
import { rebuildRoutes } from "./rebuilds.ts";
import { reconciliationRoutes } from "./reconciliations.ts";
import { reprocessingRoutes } from "./reprocessings.ts";

// What fails is told on stderr as well.
vi.spyOn(console, "error").mockReturnValue();

/** What the API does in the world until it is killed at the start of a run, in order. */
async function told(routes: typeof reprocessingRoutes | typeof quarantineRoutes, path: string, body: object) {
  const done: string[] = [];
  const runs = {
    start: async (id: string) => {
      done.push(`start ${id.replace(/^\w+\//, "")}`);
      throw terminal("KILLED", "The gateway was killed.");
    },
  };
  const catalog = {
    quarantined: async (objects: readonly object[]) => objects.map((one) => ({ ...one, _id: "campus/a" })),
    audit: async (mark: string, { workflow_id }: { readonly workflow_id: string }) => void done.push(`audit ${mark} ${workflow_id}`),
  };
  const deps = { catalog, isLanding: () => true, reprocessings: runs, reconciliations: runs, rebuilds: runs };
  const headers = { "Content-Type": "application/json" };
  await routes(deps as never, {} as never).request(path, { method: "POST", body: JSON.stringify(body), headers });
  return done;
}

it.each([
  ["reprocess", reprocessingRoutes, "/reprocessings", { selection: { states: ["failed"] } }],
  ["reprocess", quarantineRoutes, "/quarantine/release", { choice: { objects: [{ container: "campus", key: "a" }] } }],
  ["reconcile", reconciliationRoutes, "/reconciliations", { container: "campus" }],
  ["rebuild", rebuildRoutes, "/catalog/rebuilds", { dryRun: false }],
] as const)("knows who asked for a run of %s before it is started (%#)", async (type, routes, path, body) => {
  const [audit = "", start] = await told(routes, path, body);
  const id = /^audit (?:\w+\/)?(\S+Z-[0-9a-f]{4}) /.exec(audit)?.[1];
  expect(audit.split(" ")[2]).toBe(`${type}/${id}`);
  expect(start).toBe(`start ${id}`);
});
