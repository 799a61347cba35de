import { describe, expect, it } from "vitest";
import { createToolRunner } from "./tools.ts";

const run = createToolRunner("MinIO", "SLUICE_S3_URL");

describe("a tool that builds a server", () => {
  it("is named when it is missing, with what would help", async () => {
    const missing = run("go", ["version"], { cwd: "/", env: { PATH: "/nowhere" } });
    await expect(missing).rejects.toThrow(
      /MinIO is neither running nor installed.*`go` is needed, which is not on the PATH\. Install Go.*or put the address of an existing MinIO into SLUICE_S3_URL\./,
    );
  });

  it("is quoted with the end of what it said when it fails", async () => {
    const failing = run("node", ["-e", "console.error('no route to the module proxy'); process.exit(7)"], { cwd: "/" });
    await expect(failing).rejects.toThrow(/MinIO could not be built: `node -e .*` ended with code 7:\nno route to the module proxy\n/);
  });
});
