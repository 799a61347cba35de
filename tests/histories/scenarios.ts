import type { Engine } from "../e2e/engine.ts";
import { until } from "../e2e/until.ts";

/** A run whose history is kept. */
export type Recorded = { readonly workflowId: string; readonly runId?: string };

const json = { type: "application/json" } as const;

/** What happens to the engine for each recording, and which run tells of it. */
export const scenarios: { readonly [name: string]: (engine: Engine) => Promise<Recorded> } = {
  async "one-object"(engine) {
    return await lastRun(engine, "alone/1.json", '{"name": "alone"}');
  },

  async "group-with-a-leaver"(engine) {
    return { workflowId: (await groupWithLeaver(engine, "leaver")).group };
  },

  async "leaver-by-itself"(engine) {
    return { workflowId: (await groupWithLeaver(engine, "successor")).successor };
  },

  async "retried-as-an-ordinary-activity"(engine) {
    return await lastRun(engine, "trouble/retried", JSON.stringify({ failures: 2 }));
  },

  async "given-up-after-all-attempts"(engine) {
    return await lastRun(engine, "trouble/given up", JSON.stringify({ failures: 99 }));
  },

  async "map-in-one-window"(engine) {
    return await lastRun(engine, "mapped/tolerant/few", JSON.stringify({ items: 400, stumble: 100, fall: 200 }));
  },

  async "map-with-children"(engine) {
    return await lastRun(engine, "mapped/strict/many", JSON.stringify({ items: 3_000, stumble: 1_000 }));
  },

  async "child-of-a-map"(engine) {
    const { workflowId } = await lastRun(engine, "mapped/strict/more", JSON.stringify({ items: 3_000, stumble: 1_000 }));
    const child = await until(
      "Temporal lists the children",
      20_000,
      async () => (await engine.runs(`WorkflowType = "mapItems" AND WorkflowId STARTS_WITH "${workflowId}"`))[0],
    );
    return { workflowId: child.workflowId, runId: child.runId };
  },

  async undone(engine) {
    return await lastRun(engine, "undone/refused", JSON.stringify({ sensor: "refused", accept: false }));
  },

  async "rules-of-after"(engine) {
    return await lastRun(engine, "routed/rules/1", JSON.stringify({ first: true, second: false }));
  },

  async "branch-by-type"(engine) {
    return await lastRun(engine, "routed/type/1", "{}");
  },

  async replacing(engine) {
    await lastRun(engine, "replaced/table.json", '[{"row": 1}, {"row": 2}]');
    return await lastRun(engine, "replaced/table.json", '[{"row": 3}]');
  },

  async refused(engine) {
    return await lastRun(engine, "refused/picture.png", '{"no": "picture"}', { type: "image/png" });
  },

  async gone(engine) {
    const [arrival] = await engine.announce(["never/there"]);
    return { workflowId: (await engine.closed(arrival)).workflow_id ?? "" };
  },

  async duplicate(engine) {
    const landed = await engine.put("twice/1.json", '{"name": "twice"}', json);
    await engine.outcome(landed);
    const [arrival] = await engine.announce([landed]);
    return { workflowId: (await engine.closed(arrival)).workflow_id ?? "" };
  },

  async "map-that-writes"(engine) {
    const rooms = [1, 2, 3].map((room) => ({ room, sensor: "recorded", points: 2, ...(room === 2 && { fate: "stumbles" }) }));
    return await lastRun(engine, "spread/recorded", JSON.stringify(rooms));
  },

  async "processed-again"(engine) {
    const keys = ["1", "2", "3"].map((name) => `again/${name}.json`);
    await engine.outcomes(await Promise.all(keys.map((key) => engine.put(key, '{"name": "again"}', json))));
    const objects = keys.map((key) => `${engine.container}/${key}`);
    return await ended(engine, (await engine.client.reprocess({ selection: { objects } })).workflow_id);
  },

  async reconciled(engine) {
    const { quiet: container } = engine;
    await Promise.all(["1", "2"].map((name) => engine.put(`unannounced/${name}.json`, '{"a": 1}', { container, ...json })));
    return await ended(engine, (await engine.client.reconcile({ container, prefix: "unannounced/", grace: 0 })).workflow_id);
  },

  async "waiting-list"(engine) {
    const type = `list of ${engine.quiet}`;
    await engine.put("waiting", '{"a": 1}', { container: engine.quiet, ...json });
    const waiting = { type, object_id: 0, data_to_process: [{ swift_id: "waiting", swift_container: engine.quiet }] };
    await engine.catalog.counter.insertOne(waiting);
    const recorded = await started(engine, "waitingList", {});
    await engine.catalog.counter.deleteOne({ type });
    return recorded;
  },

  async forgotten(engine) {
    const landed = await engine.put("forgotten/1.json", '{"name": "forgotten"}', json);
    await engine.outcome(landed);
    return await ended(engine, (await engine.client.forget({ container: engine.container, key: landed.key })).id);
  },

  async archived(engine) {
    return await started(engine, "archive", { overlap: 0, pageSize: 10 });
  },

  async pruned(engine) {
    return await started(engine, "prune", { keep: 24 * 60 * 60_000 });
  },

  async rebuilt(engine) {
    return await started(engine, "rebuild", { dryRun: true });
  },
};

/** Another run than an object's, once it has ended well. */
async function ended(engine: Engine, workflowId: string): Promise<Recorded> {
  await engine.temporal.client.workflow.getHandle(workflowId).result();
  return { workflowId };
}

/** A run that otherwise the clock starts, or a person. */
async function started(engine: Engine, type: string, input: object): Promise<Recorded> {
  const workflowId = `${type}/${engine.container}`;
  await engine.temporal.client.workflow.start(type, { taskQueue: engine.container, workflowId, args: [input] });
  return await ended(engine, workflowId);
}

async function lastRun(engine: Engine, key: string, content: string, options: { readonly type: string } = json): Promise<Recorded> {
  const { workflow_id = "", run_id } = await engine.outcome(await engine.put(key, content, options));
  return { workflowId: workflow_id, ...(run_id && { runId: run_id }) };
}

async function groupWithLeaver(engine: Engine, name: string): Promise<{ readonly group: string; readonly successor: string }> {
  const { quiet: container } = engine;
  const keys = ["1", "2", "leaver", "4"].map((key) => `${name}/${key}.json`);
  const landed = await Promise.all(
    keys.map((key) => engine.put(key, key.includes("/leaver") ? "[1, 2" : '{"a": 1}', { container, ...json })),
  );
  await engine.announce(landed);
  const [member, , leaver] = await engine.outcomes(landed);
  return { group: member?.workflow_id ?? "", successor: leaver?.workflow_id ?? "" };
}
