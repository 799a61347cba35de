import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withLock } from "./lock.ts";

describe("withLock", () => {
  let folder: string;
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "sluice-lock-"))));
  afterAll(() => rm(folder, { recursive: true }));

  it("lets one in at a time", async () => {
    const file = join(folder, "turns.lock");
    let inside = 0;
    let most = 0;
    const visit = () =>
      withLock(file, async () => {
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside -= 1;
      });
    await Promise.all([visit(), visit(), visit()]);
    expect(most).toBe(1);
  });

  it("is let go of when its holder is killed", async () => {
    const file = join(folder, "killed.lock");
    const script = `
      import { withLock } from ${JSON.stringify(new URL("./lock.ts", import.meta.url).href)};
      setInterval(() => {}, 1e6);
      await withLock(${JSON.stringify(file)}, () => { console.log("held"); return new Promise(() => {}); });`;
    const holder = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    await once(holder.stdout, "data");
    let waited = false;
    const mine = withLock(
      file,
      async () => "mine",
      () => {
        waited = true;
        holder.kill("SIGKILL");
      },
    );
    expect(await mine).toBe("mine");
    expect(waited).toBe(true);
  });

  it("is let go of when the work fails", async () => {
    const file = join(folder, "failed.lock");
    await expect(withLock(file, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await withLock(file, async () => "next")).toBe("next");
  });
});
