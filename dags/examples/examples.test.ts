import { existsSync } from "node:fs";
import { runDag, testObject } from "sluice/testing";
import { describe, expect, it } from "vitest";
import campusReadings from "./campus-readings.ts";
import carefulImport from "./careful-import.ts";
import dailyMeans from "./daily-means.ts";
import surveyStations from "./survey-stations.ts";

const readings = "sensor,time,value\nroof,2026-03-28T06:00:00Z,4.2\nyard,2026-03-28T06:00:00Z,5\n";

describe("the example campus-readings", () => {
  it("sends the rows of either format to both databases", async () => {
    const expected = [
      { sensor: "roof", time: new Date("2026-03-28T06:00:00Z"), value: 4.2 },
      { sensor: "yard", time: new Date("2026-03-28T06:00:00Z"), value: 5 },
    ];
    for (const object of [
      testObject({ key: "a.csv", content: readings }),
      testObject({ key: "a.json", content: JSON.stringify(expected) }),
    ]) {
      const { status, written } = await runDag(campusReadings, { object });
      expect(status).toBe("success");
      expect(written).toEqual({ "influx-points": expected, "mongo-documents": expected });
    }
  });

  it("tells of a failure once both databases have settled", async () => {
    const lines: string[] = [];
    const object = testObject({ key: "a.csv", content: readings });
    const failing = () => {
      throw new Error("InfluxDB is away");
    };
    const run = await runDag(campusReadings, {
      object,
      replace: { "influx-points": failing },
      onLog: ({ message }) => lines.push(message),
    });
    expect(run.status).toBe("failed");
    expect(lines).toEqual(["a.csv did not get everywhere: points failed, documents success"]);
  });
});

describe("the example daily-means", () => {
  it("writes a mean for each day and sensor", async () => {
    const rows = [
      ["roof", "2026-03-28T06:00:00Z", 4],
      ["roof", "2026-03-28T18:00:00Z", 8],
      ["roof", "2026-03-29T06:00:00Z", 1],
    ].map(([sensor, time, value]) => JSON.stringify({ sensor, time, value }));
    const { written } = await runDag(dailyMeans, { object: testObject({ key: "a.jsonl", content: `${rows.join("\n")}\n` }) });
    expect(written["influx-points"]).toEqual([
      { sensor: "roof", day: "2026-03-28", mean: 6, count: 2 },
      { sensor: "roof", day: "2026-03-29", mean: 1, count: 1 },
    ]);
  });
});

describe("the example survey-stations", () => {
  const stations = Array.from({ length: 10 }, (_, index) => ({ name: `s${index}`, battery: index * 10, seen: "2026-03-28" }));
  const survey = (list: object) => runDag(surveyStations, { object: testObject({ key: "a.json", content: JSON.stringify(list) }) });

  it("reports on each station, also on the one that could not be checked", async () => {
    const { status, written } = await survey(stations.with(9, { name: "s9", battery: 90, seen: "never" }));
    expect(status).toBe("success");
    expect(written["mongo-documents"]).toEqual([
      { survey: "a.json", checked: 10, unhealthy: ["s0", "s1", "s2"], failed: [expect.stringContaining("s9")] },
    ]);
  });

  it("fails when more than a tenth could not be checked", async () => {
    expect((await survey(stations.map((station) => ({ ...station, seen: "never" })))).status).toBe("failed");
  });
});

describe("the example careful-import", () => {
  const machines = JSON.stringify([
    { id: "m1", hall: "A", power: 3 },
    { id: "m2", hall: "A", power: 4 },
  ]);
  const object = testObject({ key: "careful.json", content: machines });

  it("writes to both databases when they agree", async () => {
    const { status, written, undone } = await runDag(carefulImport, { object });
    expect(status).toBe("success");
    expect(undone).toEqual([]);
    expect(Object.keys(written).toSorted()).toEqual(["mongo-documents", "neo4j-nodes"]);
  });

  it("takes back what it wrote, the last first, when they do not", async () => {
    const run = await runDag(carefulImport, {
      object,
      replace: {
        "neo4j-nodes": async (rows: AsyncIterable<unknown>) => {
          for await (const _ of rows) continue;
          return { sink: "neo4j", what: "nodes", count: 1, where: "MACHINE", locator: {} };
        },
      },
    });
    expect(run).toMatchObject({ status: "failed", failure: { code: "INVENTORY_DIFFERS" } });
    expect(run.undone[0]).toBe("inventory-announce");
    expect(run.undone.slice(1).toSorted()).toEqual(["mongo-documents", "neo4j-nodes"]);
    const announced = run.ran.find(({ task }) => task === "inventory-announce")?.value as { file: string };
    expect(existsSync(announced.file)).toBe(false);
  });
});
