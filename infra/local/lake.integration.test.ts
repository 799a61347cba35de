import { describe, expect, it } from "vitest";
import { readEnvironment } from "../config.ts";
import { recipes, lakeServers } from "./recipes/index.ts";

describe("the lake of the tests", () => {
  it.for(lakeServers)("has %s answering", async (name) => {
    expect((await recipes[name].probe(readEnvironment())).version).not.toBe("");
  });
});
