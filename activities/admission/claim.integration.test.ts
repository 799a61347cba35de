import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Catalog, openCatalog } from "../../infra/catalog.ts";
import { readEnvironment } from "../../infra/config.ts";
import type { Arrival } from "../../sdk/contracts/arrival.ts";
import { openTcpProxy, type TcpProxy } from "../../tests/chaos/proxies/tcp-proxy.ts";
import { claim, type Claimant } from "./claim.ts";

describe("a claim", () => {
  let network: TcpProxy;
  let catalog: Catalog;
  let breaksAtInsert = false;
  beforeAll(async () => {
    const url = new URL(readEnvironment().SLUICE_MONGO_URL);
    network = await openTcpProxy(Number(url.port), () => (piece) => {
      if (!breaksAtInsert || !piece.includes("insert") || !piece.includes("claims")) return;
      breaksAtInsert = false;
      network.cut();
      setImmediate(() => network.mend());
    });
    url.port = String(network.port);
    catalog = await openCatalog({ SLUICE_MONGO_URL: url.href });
  });
  afterAll(async () => {
    await catalog[Symbol.asyncDispose]();
    await network[Symbol.asyncDispose]();
  });

  const container = `claims-${randomBytes(4).toString("hex")}`;
  const claimantOf = (key: string): Claimant => {
    const arrival: Arrival = {
      id: `${container}-1`,
      store: "s3",
      tenant: container,
      container,
      key,
      time: new Date().toISOString(),
      door: "s3",
    };
    return { arrival, version: "v1" };
  };
  const runOf = (workflowId: string) => ({ workflowId, runId: `${workflowId}-run` });
  const open = async () => false;

  it("is not held because the network broke while it was made", async () => {
    const claimant = claimantOf("cut");
    expect(await claim(catalog, [claimant], runOf("first"), open)).toEqual([{ held: true }]);
    breaksAtInsert = true;
    await expect(claim(catalog, [claimant], runOf("second"), open)).rejects.toThrow();
    expect(breaksAtInsert).toBe(false);
    expect(await claim(catalog, [claimant], runOf("second"), open)).toEqual([{ held: false, holder: "first" }]);
  });

  it("is not taken over from a run that spent it and closed since it was looked at", async () => {
    const claimant = claimantOf("spent");
    await claim(catalog, [claimant], runOf("first"), open);
    const closesNow = async () => {
      await catalog.claims.updateOne({ _id: `${container}/spent@v1` }, { $set: { outcome: "processed" } });
      return true;
    };
    expect(await claim(catalog, [claimant], runOf("second"), closesNow)).toEqual([{ held: false, holder: "first" }]);
  });

  it("is taken over from a run that closed without spending it", async () => {
    const claimant = claimantOf("abandoned");
    await claim(catalog, [claimant], runOf("first"), open);
    expect(await claim(catalog, [claimant], runOf("second"), async () => true)).toEqual([{ held: true }]);
  });
});
