import { expect, it } from "vitest";
import { workflowBundle } from "../../workers/workflow-bundle.ts";
import { readPreviousBundle } from "./previous-bundle.ts";

async function bundleOfNow(): Promise<string> {
  const bundle = await workflowBundle();
  return "code" in bundle ? bundle.code : "";
}

it.each([
  ["of now", bundleOfNow],
  ["of the version before", readPreviousBundle],
])("has workflow code %s that tells nothing of the place where it was made", { timeout: 60_000 }, async (_, read) => {
  const code = await read();
  expect(code).toContain("async function ingest(");
  // A module is named by its way from the folder where the bundler ran: out of that, and past others.
  expect(code.match(/"(\.\.\/|\/)[^"]*node_modules/)).toBeNull();
});
