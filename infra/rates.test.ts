import { describe, expect, it } from "vitest";
import { readEnvironment } from "./config.ts";

describe("limits in the environment", () => {
  it("name sinks with their rows a second", () => {
    expect(readEnvironment({ SLUICE_SINK_LIMITS: "influxdb=2000/s, neo4j=0.5/s" }).SLUICE_SINK_LIMITS).toEqual({
      influxdb: 2_000,
      neo4j: 0.5,
    });
    expect(readEnvironment({}).SLUICE_SINK_LIMITS).toEqual({});
  });

  it("name tenants with objects and bytes a second, and what may come at once", () => {
    const { SLUICE_TENANTS } = readEnvironment({ SLUICE_TENANTS: "campus=100/s,50MB/s; user:alice=10/s burst 200; *=2.5 MiB/s" });
    expect(SLUICE_TENANTS).toEqual({
      campus: { objects: { perSecond: 100, burst: 100 }, bytes: { perSecond: 50e6, burst: 50e6 } },
      "user:alice": { objects: { perSecond: 10, burst: 200 } },
      "*": { bytes: { perSecond: 2.5 * 2 ** 20, burst: 2.5 * 2 ** 20 } },
    });
  });

  it.each([
    ["SLUICE_SINK_LIMITS", "influx=2000/s", /influx=2000\/s.*influxdb, mongodb, neo4j/],
    ["SLUICE_SINK_LIMITS", "influxdb=2MB/s", /ROWS\/s/],
    ["SLUICE_TENANTS", "campus=100", /campus=100/],
    ["SLUICE_TENANTS", "campus=100/s burst 5MB", /as campus=100\/s,50MB\/s burst 200MB/],
    ["SLUICE_TENANTS", "campus=0/s", /campus=0\/s/],
  ])("are refused with what was found and what is expected: %s=%s", (name, value, message) => {
    expect(() => readEnvironment({ [name]: value })).toThrow(message);
  });
});
