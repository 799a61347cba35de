import { afterEach, describe, expect, it } from "vitest";
import { arrival, closeDrains, memoryRuns, startDrain } from "../../tests/gateway/started-drain.ts";

afterEach(closeDrains);

describe("the drain", () => {
  it("starts a single arrival at once, in a run named after its object", async () => {
    const { runs, starts } = memoryRuns();
    const { journal } = startDrain(runs);
    const [id] = await journal.add([arrival("campus", "roof 1.csv")]);
    await expect.poll(() => starts.length).toBe(1);
    expect(starts[0]?.id).toBe(`ingest/campus/roof 1.csv@${id}`);
    expect(journal.get(id ?? "")).toMatchObject({ state: "started", workflowId: starts[0]?.id });
  });

  it("leaves nothing behind but the outcome once a run has closed", async () => {
    const { runs, starts, close } = memoryRuns();
    const { journal } = startDrain(runs);
    const [id = ""] = await journal.add([arrival("campus", "a")]);
    await expect.poll(() => starts.length).toBe(1);
    close(starts[0]?.id ?? "", "quarantined");
    await expect.poll(() => journal.get(id)).toMatchObject({ state: "closed", outcome: "quarantined" });
    expect(journal.counts()).toMatchObject({ waiting: 0, started: 0 });
  });

  it("lets arrivals wait while all runs are open, and takes them together into the next", async () => {
    const { runs, starts, close } = memoryRuns();
    const { journal } = startDrain(runs, { openRuns: 1 });
    await journal.add([arrival("campus", "first")]);
    await expect.poll(() => starts.length).toBe(1);
    for (const key of ["a", "b", "c"]) await journal.add([arrival("campus", key)]);
    expect(starts).toHaveLength(1);
    close(starts[0]?.id ?? "");
    await expect.poll(() => starts.length).toBe(2);
    expect(starts[1]?.arrivals.map((one) => one.key)).toEqual(["a", "b", "c"]);
    expect(starts[1]?.id).toMatch(/^ingest\/campus\/.+\+3$/);
  });

  it("lets tenants take turns", async () => {
    const { runs, starts, close } = memoryRuns();
    const { journal } = startDrain(runs, { openRuns: 1, count: 2 });
    const of = (container: string, keys: string) => keys.split("").map((key) => arrival(container, key));
    await journal.add([...of("campus", "abcdef"), ...of("factory", "uvwxyz")]);
    for (const index of [0, 1, 2, 3, 4, 5]) {
      await expect.poll(() => starts.length).toBeGreaterThan(index);
      close(starts[index]?.id ?? "");
    }
    expect(starts.map((run) => run.arrivals.map((one) => one.key).join(""))).toEqual(["ab", "uv", "cd", "wx", "ef", "yz"]);
  });

  it("starts a run of a tenant that has none at once, however many the others have open", async () => {
    const { runs, starts, close } = memoryRuns();
    const { journal } = startDrain(runs, { openRuns: 2, count: 2, startedArrivals: 4 });
    await journal.add(Array.from({ length: 20 }, (_, index) => arrival("campus", `a${index}`)));
    await expect.poll(() => starts.length).toBe(2);
    await journal.add([arrival("factory", "x")]);
    await expect.poll(() => starts.map(({ arrivals }) => arrivals[0]?.key)).toEqual(["a0", "a2", "x"]);
    await journal.add([arrival("factory", "y")]);
    close(starts[2]?.id ?? "");
    await expect.poll(() => starts.map(({ arrivals }) => arrivals[0]?.key)).toEqual(["a0", "a2", "x", "y"]);
  });

  it("does not count as open what a single object waits for, a sink say, so that others of its tenant go on", async () => {
    const { runs, starts, close } = memoryRuns();
    const { journal } = startDrain(runs, { openRuns: 1, count: 1, waiting: 20 });
    const [first = ""] = await journal.add([arrival("campus", "a"), arrival("campus", "b"), arrival("campus", "c")]);
    await expect.poll(() => starts.map(({ arrivals }) => arrivals[0]?.key)).toEqual(["a", "b", "c"]);
    close(starts[0]?.id ?? "");
    await expect.poll(() => journal.get(first)).toMatchObject({ state: "closed", outcome: "processed" });
    expect(journal.counts()).toMatchObject({ started: 2 });
  });

  it("makes smaller groups while another tenant is present", async () => {
    const { runs, starts, close } = memoryRuns();
    const { journal } = startDrain(runs, { openRuns: 1, count: 10, shared: 3 });
    const many = (name: string) => Array.from({ length: 10 }, (_, index) => arrival("campus", `${name}${index}`));
    await journal.add(many("alone"));
    await expect.poll(() => starts.length).toBe(1);
    await journal.add([arrival("factory", "x")]);
    await expect.poll(() => starts.length).toBe(2);
    await journal.add(many("shared"));
    close(starts[0]?.id ?? "");
    close(starts[1]?.id ?? "");
    await expect.poll(() => starts.length).toBe(3);
    expect(starts.map(({ arrivals }) => arrivals.length)).toEqual([10, 1, 3]);
  });

  it("leaves a throttled tenant's arrivals in the journal until its rate allows, and starts those of others meanwhile", async () => {
    const { runs, starts, close } = memoryRuns();
    const { journal } = startDrain(runs, { openRuns: 10, tenants: { campus: { objects: { perSecond: 5, burst: 4 } } } });
    const begin = performance.now();
    await journal.add(Array.from({ length: 10 }, (_, index) => arrival("campus", `a${index}`)));
    await journal.add([arrival("factory", "x"), arrival("factory", "y")]);
    await expect.poll(() => starts.length).toBeGreaterThan(1);
    expect(starts.slice(0, 2).map(({ arrivals }) => [arrivals[0]?.container, arrivals.length])).toEqual([
      ["campus", 4],
      ["factory", 2],
    ]);
    expect(journal.throttled()).toEqual([
      { tenant: "campus", waiting: expect.toSatisfy((waiting: number) => waiting > 0 && waiting <= 6) },
    ]);
    for (const { id } of starts) close(id);
    const ofCampus = () => starts.flatMap(({ arrivals }) => arrivals).filter(({ container }) => container === "campus");
    await expect.poll(() => ofCampus().length, { timeout: 4_000 }).toBe(10);
    // Six more at five a second.
    expect(performance.now() - begin).toBeGreaterThan(1_150);
    expect(ofCampus().map(({ key }) => key)).toEqual(Array.from({ length: 10 }, (_, index) => `a${index}`));
  });

  it("starts the second arrival of an object only when the run of the first has closed, and others meanwhile", async () => {
    const { runs, starts, close } = memoryRuns();
    const { journal } = startDrain(runs);
    const [first] = await journal.add([arrival("campus", "a"), arrival("campus", "a"), arrival("campus", "b")]);
    await expect.poll(() => starts.length).toBe(1);
    expect(starts[0]?.arrivals.map((one) => one.key)).toEqual(["a", "b"]);
    expect(journal.counts()).toMatchObject({ waiting: 1, started: 2 });
    close(starts[0]?.id ?? "");
    await expect.poll(() => starts.length).toBe(2);
    expect(starts[1]?.arrivals.map((one) => one.id)).not.toContain(first);
  });

  it("keeps an arrival that was handed over until the run that goes on with it has closed", async () => {
    const memory = memoryRuns();
    const { journal } = startDrain(memory.runs);
    const [id = ""] = await journal.add([arrival("campus", "a"), arrival("campus", "b")]);
    await expect.poll(() => memory.starts.length).toBe(1);
    const { id: group = "", arrivals = [] } = memory.starts[0] ?? {};
    const successor = "ingest/campus/a@alone";
    memory.adopt(successor, arrivals.slice(0, 1));
    memory.end(group, {
      outcomes: [
        { arrival: id, outcome: "handed-over", successor },
        { arrival: arrivals[1]?.id ?? "", outcome: "processed" },
      ],
    });
    await expect.poll(() => journal.get(id)).toMatchObject({ state: "started", workflowId: successor });
    memory.close(successor, "failed");
    await expect.poll(() => journal.get(id)).toMatchObject({ state: "closed", outcome: "failed" });
    expect(memory.starts).toHaveLength(1);
  });
});
