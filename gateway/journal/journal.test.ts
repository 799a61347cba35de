import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { toFailure, terminal } from "../../sdk/contracts/errors.ts";
import { groupBy, nameRun } from "../drain/group.ts";
import { type JournalOptions, openJournal } from "./journal.ts";
import type { NewArrival, RejectedRecord } from "./records.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-journal-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function open(options: Partial<Pick<JournalOptions, "limit" | "remembered" | "path" | "tenants">> = {}) {
  const select = groupBy({ count: 50, bytes: 1e6, aloneBytes: 1e6 });
  return openJournal({ path: join(folder, "journal.sqlite"), limit: 1_000, select, nameRun, window: 50, ...options });
}

function arrival(key: string): NewArrival {
  return { store: "s3", tenant: "campus", container: "campus", key, size: 10, time: "2026-01-01T00:00:00.000Z", door: "s3" };
}

function rejected(key: string): RejectedRecord {
  return { door: "s3", container: "other", key, reason: toFailure(terminal("NOT_OF_THE_LAKE", "No.")), record: "{}" };
}

const crashWriter = new URL("./crash-writer.fixture.ts", import.meta.url).pathname;

describe("the journal", () => {
  it("holds every acknowledged arrival after its process was killed", async () => {
    const path = join(folder, "journal.sqlite");
    const child = spawn(process.execPath, [crashWriter, path], { stdio: ["ignore", "pipe", "inherit"] });
    const acknowledged = new Map<string, string>();
    for await (const line of createInterface({ input: child.stdout })) {
      const [id = "", key = ""] = line.split(" ");
      if (key !== "") acknowledged.set(id, key);
      if (acknowledged.size === 500) child.kill("SIGKILL");
    }
    await using journal = open({ limit: 1_000_000 });
    expect(acknowledged.size).toBeGreaterThanOrEqual(500);
    for (const [id, key] of acknowledged) expect(journal.get(id)).toMatchObject({ state: "waiting", arrival: { id, key } });
    const kept = journal.list("waiting", 1_000_000);
    expect(new Set(kept.map((one) => one.id)).size).toBe(kept.length);
    const order = kept.map((one) => Number(one.id.split("-")[1]));
    expect(order).toEqual(order.toSorted((one, other) => one - other));
  }, 30_000);

  it("refuses new arrivals when its disk is full, keeps the old ones, and goes on when there is room", async () => {
    const path = join(folder, "journal.sqlite");
    // `ulimit -f` makes the system refuse writes past 400 KiB a file, as a full disk does.
    const child = spawn("sh", ["-c", 'ulimit -f 800; exec "$0" "$@"', process.execPath, crashWriter, path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      if (line.startsWith("refused")) child.kill("SIGKILL");
    }
    expect(lines.at(-1)).toMatch(/^refused JOURNAL_UNAVAILABLE .*free space/);
    const acknowledged = lines.filter((line) => !line.startsWith("refused")).map((line) => line.split(" ")[0] ?? "");
    expect(acknowledged.length).toBeGreaterThan(10);

    await using journal = open({ limit: 1_000_000 });
    for (const id of acknowledged) expect(journal.get(id)).toMatchObject({ state: "waiting" });
    await expect(journal.add([arrival("after")])).resolves.toHaveLength(1);
  }, 30_000);

  it("refuses what would pass its bound, and takes it once there is room", async () => {
    await using journal = open({ limit: 3 });
    await journal.add([arrival("a"), arrival("b")]);
    await expect(journal.add([arrival("c"), arrival("d")])).rejects.toMatchObject({ code: "JOURNAL_FULL", kind: "retryable" });
    await expect(Promise.allSettled([journal.add([arrival("c")]), journal.add([arrival("d")])])).resolves.toMatchObject([
      { status: "fulfilled" },
      { status: "rejected" },
    ]);
    const run = await journal.queue.take();
    await journal.queue.settle(run?.workflowId ?? "", () => ({ outcome: "processed" }));
    await expect(journal.add([arrival("d")])).resolves.toHaveLength(1);
  });

  it("takes a body larger than its bound when it is empty, since its sender would send it for ever", async () => {
    await using journal = open({ limit: 3 });
    await expect(journal.add(["a", "b", "c", "d"].map(arrival))).resolves.toHaveLength(4);
  });

  it("gives ids that no other journal gives, and none twice when opened again", async () => {
    const ids: string[] = [];
    for (const path of ["one.sqlite", "one.sqlite", "two.sqlite"]) {
      await using journal = open({ path: join(folder, path) });
      ids.push(...(await journal.add([arrival("a")])));
      const run = await journal.queue.take();
      await journal.queue.settle(run?.workflowId ?? "", () => ({ outcome: "processed" }));
    }
    expect(new Set(ids).size).toBe(3);
    expect(ids[0]).toMatch(/^[a-z0-9]{5}-1$/);
    expect(ids[1]).toBe(ids[0]?.replace(/1$/, "2"));
  });

  it("knows the runs that were open when it was closed, with their members in order", async () => {
    let named = "";
    {
      await using journal = open();
      await journal.add(["b", "a", "c"].map(arrival));
      named = (await journal.queue.take())?.workflowId ?? "";
    }
    await using journal = open();
    expect(journal.queue.openRuns()).toMatchObject([
      { workflowId: named, successor: false, arrivals: [{ key: "b" }, { key: "a" }, { key: "c" }] },
    ]);
    expect(await journal.queue.take()).toBeUndefined();
  });

  it("remembers rejected records with their reasons, the newest first, up to its bound", async () => {
    await using journal = open({ remembered: 10 });
    for (const index of Array(30).keys()) await journal.add([], [rejected(`k${index}`)]);
    expect(journal.list("rejected", 2)).toMatchObject([
      { state: "rejected", arrival: { container: "other", key: "k29" }, reason: { code: "NOT_OF_THE_LAKE" } },
      { arrival: { key: "k28" } },
    ]);
    expect(journal.counts().rejected).toBeLessThanOrEqual(11);
    expect(journal.list("rejected", 100)).toHaveLength(journal.counts().rejected);
  });

  it("tells of an object what it waits for, in which run it is, and afterwards how that ended", async () => {
    const tenants = { campus: { objects: { perSecond: 0.001, burst: 2 } } };
    await using journal = open({ tenants });
    await journal.add(["a", "b", "a"].map(arrival), [rejected("z")]);
    expect(journal.about("campus", "a").map((one) => one.state === "waiting" && one.waits)).toEqual([
      { for: "turn", before: 0 },
      { for: "turn", before: 2 },
    ]);

    const run = await journal.queue.take();
    const workflowId = run?.workflowId ?? "";
    expect(journal.about("campus", "a")).toMatchObject([
      { state: "started", workflowId },
      { state: "waiting", waits: { for: "limit", before: 0 } },
    ]);
    await journal.queue.settle(workflowId, () => ({ outcome: "gone" }));
    expect(journal.remembered("campus", "b")).toMatchObject([{ state: "closed", outcome: "gone", arrival: { key: "b" } }]);
    expect(journal.remembered("other", "z")).toMatchObject([{ state: "rejected", reason: { code: "NOT_OF_THE_LAKE" } }]);
    expect([...journal.about("campus", "nowhere"), ...journal.remembered("campus", "nowhere")]).toEqual([]);
  });

  it("tells of an arrival that waits for an earlier one of its object which run that is in", async () => {
    await using journal = open();
    await journal.add([arrival("a")]);
    const run = await journal.queue.take();
    await journal.add([arrival("a")]);
    await journal.queue.take();
    expect(journal.about("campus", "a").at(-1)).toMatchObject({ waits: { for: "object", workflowId: run?.workflowId } });
  });

  it("says that an arrival which a closed run said nothing about has failed", async () => {
    await using journal = open();
    const [id = ""] = await journal.add([arrival("a")]);
    const run = await journal.queue.take();
    await journal.queue.settle(run?.workflowId ?? "", () => undefined);
    expect(journal.get(id)).toMatchObject({ state: "closed", outcome: "failed", reason: { code: "NO_OUTCOME" } });
  });

  it("is opened by one process at a time, and says so", async () => {
    await using _journal = open();
    expect(() => open()).toThrow(/Another gateway has it open/);
  });

  it("takes 10,000 arrivals in one go and knows each by its id", async () => {
    await using journal = open({ limit: 20_000 });
    const ids = await journal.add(Array.from({ length: 10_000 }, (_, index) => arrival(`k${index}`)));
    expect(journal.get(ids[9_999] ?? "")).toMatchObject({ arrival: { key: "k9999" } });
    expect(journal.counts().waiting).toBe(10_000);
  });

  it("knows nothing of ids that are not its own", async () => {
    await using journal = open();
    for (const id of ["", "x", "other-1", "-1", "1"]) expect(journal.get(id)).toBeUndefined();
  });
});
