import { defaultPayloadConverter } from "@temporalio/common";
import { expect, it } from "vitest";
import type { History } from "../../infra/histories.ts";
import { removeHistories } from "./histories.ts";

const object = { container: "campus", key: "roof.csv" };
const neighbour = { container: "campus", key: "door.csv" };
const runNamed = (runId: string) => ({ workflowId: `workflow of ${runId}`, runId });

/** An `ingest` run over objects, with its children. */
function historyOf(arrivals: readonly object[], { children = [], open = false }: { children?: readonly string[]; open?: boolean } = {}) {
  const started = { input: { payloads: [defaultPayloadConverter.toPayload({ arrivals })] } };
  return {
    events: [
      { workflowExecutionStartedEventAttributes: started },
      ...children.map((runId) => ({ childWorkflowExecutionStartedEventAttributes: { workflowExecution: runNamed(runId) } })),
      ...(open ? [] : [{ workflowExecutionCompletedEventAttributes: {} }]),
    ],
  } as History;
}

/** Temporal and the archive, as far as they hold histories. */
function holding(temporal: { readonly [run: string]: History }, archived: { readonly [run: string]: History } = {}) {
  const [there, kept] = [new Map(Object.entries(temporal)), new Map(Object.entries(archived))];
  return {
    left: () => [[...there.keys()], [...kept.keys()]],
    executions: {
      history: async (_: string, runId = "") => there.get(runId),
      remove: async (_: string, runId: string) => void there.delete(runId),
    },
    archive: {
      find: async ([runId = ""]: readonly string[]) =>
        kept.has(runId) ? [{ _id: runId, workflow_id: "", type: "", status: "", closed: new Date(), size: 0, key: runId }] : [],
      read: async (key: string) => kept.get(key),
      remove: async (runId: string) => void kept.delete(runId),
    },
  };
}

it("removes the histories of an object's runs and of their children, wherever they are", async () => {
  const mine = historyOf([object], { children: ["child"] });
  const lake = holding({ recent: mine, child: historyOf([]), other: historyOf([neighbour]) }, { recent: mine, old: historyOf([object]) });
  expect(await removeHistories(lake, object, ["recent", "old", "unknown"].map(runNamed))).toBe(3);
  expect(lake.left()).toEqual([["other"], []]);
});

it("leaves the history of a group, which is about others as well", async () => {
  const group = historyOf([object, neighbour], { children: ["handed over"] });
  const lake = holding({ group, "handed over": historyOf([object]) }, { group });
  expect(await removeHistories(lake, object, ["group", "handed over"].map(runNamed))).toBe(1);
  expect(lake.left()).toEqual([["group"], ["group"]]);
});

it("comes again for a run that has not closed yet", async () => {
  const lake = holding({ open: historyOf([object], { open: true }) });
  await expect(removeHistories(lake, object, [runNamed("open")])).rejects.toMatchObject({ code: "RUN_OPEN", kind: "retryable" });
  expect(lake.left()).toEqual([["open"], []]);
});
