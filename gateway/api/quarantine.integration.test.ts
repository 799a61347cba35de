import { expect, it } from "vitest";
import { serveApi } from "../../tests/gateway/api-server.ts";

it("means by `dag` the DAG that took an object the last time, whichever one failed, in quarantine as in every selection", async () => {
  await using gateway = await serveApi();
  const { catalog, client, container } = gateway;
  await using leaving = new AsyncDisposableStack();
  leaving.defer(async () => void (await catalog.quarantine.deleteMany({ container })));

  const reason = { code: "C", kind: "terminal", message: "No.", fingerprint: "C/-/1" } as const;
  const operation = (dag_id: string) => ({
    dag_id,
    execution_date: new Date(),
    operation_instance: "run",
    workflow_id: "w",
    run_id: "run",
    plan: "p",
    code: {},
  });
  const aside = async (key: string, taken: string, failed: string) => {
    await client.put(container, key, "x");
    const operations = { successful_operations: [operation(taken)], failed_operations: [operation(failed)] };
    await catalog.documents(container).updateOne({ _id: key }, { $set: { ...operations, state: "quarantined", run_id: "run", reason } });
    const known = { container, key, version: "1", swift_object_id: key, content_type: "text/csv", size: 1, since: new Date() };
    await catalog.quarantine.insertOne({ ...known, _id: `${container}/${key}`, dag: failed, reason, workflow_id: "w", run_id: "run" });
  };
  await aside("1", "one", "other");
  await aside("2", "some", "other");
  await aside("3", "one", "else");

  const keys = async (dag: string) => (await client.quarantine({ container, dag })).objects.map(({ key }) => key);
  expect(await keys("one")).toEqual(["1", "3"]);
  expect(await keys("other")).toEqual(["1", "2"]);
  expect((await client.failures({ container, dag: "one" })).objects).toBe(2);
  expect((await client.tryReprocess({ selection: { containers: [container], dags: ["one"] } })).count).toBe(2);

  const first = await client.quarantine({ container, dag: "one", limit: 1 });
  const second = await client.quarantine({ container, dag: "one", limit: 1, cursor: first.next });
  expect([first, second].map(({ objects }) => objects.map(({ key }) => key))).toEqual([["1"], ["3"]]);
});
