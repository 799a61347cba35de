import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Catalog, newDocument, openCatalog } from "../../infra/catalog.ts";
import { readEnvironment } from "../../infra/config.ts";
import { createStores } from "../../infra/stores/index.ts";
import type { ObjectStore } from "../../infra/stores/object-store.ts";
import { readWaitingList, strikeOff } from "./waiting-list.ts";

describe("the predecessor's waiting list", () => {
  const open = new AsyncDisposableStack();
  const container = `waiting-${randomBytes(4).toString("hex")}`;
  const type = `list of ${container}`;
  let catalog: Catalog;
  let store: ObjectStore;

  beforeAll(async () => {
    const env = readEnvironment();
    catalog = open.use(await openCatalog(env));
    store = open.use(createStores(env)).get("s3");
    await store.createContainer(container);
  });
  afterAll(async () => {
    await catalog.counter.deleteOne({ type });
    await catalog.documents(container).drop();
    await open.disposeAsync();
  });

  const listed = async () => ((await catalog.counter.findOne({ type })) as unknown as { data_to_process: unknown[] }).data_to_process;
  const read = async () => {
    const isLanding = (name: string) => name === container;
    const { taken, ...rest } = await readWaitingList({ catalog, stores: [store], isLanding });
    return { taken: taken.filter((one) => one.swift_container === container), ...rest };
  };

  it("is taken as arrivals by swift_id; what is unknown is told and stays, what is struck off goes", async () => {
    const entry = (swift_id: string | number, swift_container = container) => ({
      swift_id,
      swift_container,
      swift_user: "ana",
      content_type: "text/csv",
    });
    const known = newDocument({
      container,
      key: "roof.csv",
      store: "s3",
      number: await catalog.allocateNumbers(1),
      now: new Date(),
      swiftId: "812",
    });
    await catalog.documents(container).insertOne(known);
    for (const key of ["41", "42", "roof.csv"]) await store.put(container, key, Buffer.from(`a,b\n${key},1\n`));
    const entries = [entry("41"), entry(42), entry("812"), entry("43"), entry("44", "elsewhere"), { swift_id: "45" }];
    await catalog.counter.insertOne({ type, data_to_process: entries, some_list: ["of another kind"] } as never);

    const { taken, unknown, examples } = await read();
    expect(taken.map(({ object }) => [object.swiftId, object.key, object.user])).toEqual([
      ["41", "41", "ana"],
      ["42", "42", "ana"],
      ["812", "roof.csv", "ana"],
    ]);
    expect(taken[0]?.object).toMatchObject({ store: "s3", tenant: container, contentType: "text/csv" });
    expect(unknown).toBeGreaterThanOrEqual(3);
    const reasons = examples.map(({ entry: text, reason }) => `${text} ${reason}`).join("\n");
    expect(reasons).toContain(`No object ${container}/43 is in s3`);
    expect(reasons).toContain('"elsewhere" is no landing container');

    // What comes meanwhile is none of this.
    await catalog.counter.updateOne({ type }, { $push: { data_to_process: entry("46") } });
    await strikeOff(catalog, taken);
    expect(await listed()).toEqual([entry("43"), entry("44", "elsewhere"), { swift_id: "45" }, entry("46")]);
    expect((await read()).taken).toEqual([]);
  });
});
