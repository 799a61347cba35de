import { randomBytes } from "node:crypto";
import { expect, it, onTestFinished } from "vitest";
import { openCatalog } from "../../infra/catalog.ts";
import { readEnvironment } from "../../infra/config.ts";
import { waitingSince } from "./backlog.ts";

it("what waits in the journals of living gateways counts, for its container; a gateway that is silent is down", async () => {
  const catalog = await openCatalog(readEnvironment());
  const mark = randomBytes(4).toString("hex");
  const ids = [1, 2, 3].map((number) => `journal/test-${mark}-${number}`);
  onTestFinished(async () => {
    await catalog.watermarks.deleteMany({ _id: { $in: ids } });
    await catalog[Symbol.asyncDispose]();
  });
  const container = `c-${mark}`;
  const now = new Date("2016-01-01T12:00:00Z");
  const ago = (seconds: number) => new Date(now.getTime() - seconds * 1_000);
  const [first = "", second = "", silent = ""] = ids;
  await catalog.watermarks.insertMany([
    {
      _id: first,
      at: ago(5),
      waiting: [
        { container, since: ago(90) },
        { container: "another", since: ago(400) },
      ],
    },
    { _id: second, at: ago(15), waiting: [{ since: ago(120) }] },
    { _id: silent, at: ago(61), waiting: [{ container, since: ago(300) }] },
  ]);
  expect(await waitingSince(catalog, container, now)).toEqual(ago(120));
  await catalog.watermarks.updateOne({ _id: second }, { $set: { waiting: [] } });
  expect(await waitingSince(catalog, container, now)).toEqual(ago(90));
  await catalog.watermarks.deleteMany({ _id: first });
  expect(await waitingSince(catalog, container, now)).toBeUndefined();
});
