import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { groupBy, nameRun } from "../drain/group.ts";
import { openJournal } from "./journal.ts";
import type { NewArrival } from "./records.ts";

it("the backlog tells of each tenant since when its arrivals wait, and nothing of those that are in runs", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-backlog-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  let clock = 1_000;
  const select = groupBy({ count: 10, bytes: 1e6, aloneBytes: 1e6 });
  const tenants = { "user:ana": { objects: { perSecond: 1, burst: 1 } } };
  await using journal = openJournal({
    path: join(folder, "journal.sqlite"),
    limit: 100,
    select,
    nameRun,
    window: 10,
    now: () => clock,
    tenants,
  });
  const arrival = (container: string, key: string, user?: string): NewArrival => {
    return { store: "s3", tenant: container, container, key, size: 1, time: "", door: "s3", ...(user !== undefined && { user }) };
  };
  expect(journal.backlog()).toEqual([]);
  await journal.add([arrival("campus", "started"), arrival("campus", "as well")]);
  await journal.queue.take();
  clock = 2_000;
  await journal.add([arrival("campus", "waits"), arrival("factory", "waits")]);
  clock = 3_000;
  await journal.add([arrival("campus", "waits too"), arrival("cloud", "of a user", "ana")]);
  expect(journal.backlog().toSorted((one, other) => Number(one.since) - Number(other.since))).toEqual([
    { container: "campus", since: new Date(2_000) },
    { container: "factory", since: new Date(2_000) },
    { since: new Date(3_000) },
  ]);
});
