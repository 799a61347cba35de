import { describe, expect, it } from "vitest";
import type { Sample } from "./expected.ts";
import { problemsOf } from "./run.ts";

const sample: Sample = {
  file: "roof.csv",
  container: "campus",
  key: "roof.csv",
  expect: { state: "processed", dag: "sensor-csv", sinks: { influxdb: 120 } },
};

const found = (sink: string, written: number, count = written) => ({
  receipt: { sink, what: "points", count: written, where: "sluice/x", locator: {} },
  count,
});

describe("problemsOf", () => {
  it("finds none where a sample became what it should have", () => {
    expect(problemsOf(sample, { state: "processed", dags: ["sensor-csv"] }, [found("influxdb", 120)])).toEqual([]);
  });

  it("believes the database, not the receipt", () => {
    expect(problemsOf(sample, { state: "processed", dags: ["sensor-csv"] }, [found("influxdb", 120, 119)])).toEqual([
      "influxdb holds 119 of it, and should hold 120",
    ]);
  });

  it("finds data where none should be", () => {
    const object = { state: "processed", dags: ["sensor-csv"] } as const;
    expect(problemsOf(sample, { ...object, dags: ["sensor-csv"] }, [found("influxdb", 120), found("mongodb", 1)])).toEqual([
      "mongodb holds 1 of it, and should hold 0",
    ]);
  });

  it("says what else became of it", () => {
    expect(problemsOf(sample, { state: "quarantined", dags: [] }, [])).toEqual([
      "it is quarantined, and should be processed",
      "the DAG sensor-csv should have taken it",
      "influxdb holds 0 of it, and should hold 120",
    ]);
  });

  it("says where to look when nothing became of it", () => {
    expect(problemsOf(sample, undefined, [])[0]).toMatch(/sluice trace campus\/roof\.csv/);
  });
});
