import { Ansis } from "ansis";
import { describe, expect, it } from "vitest";
import type { ObjectDocument, Trace, TraceRun } from "../../gateway/client.ts";
import type { Failure } from "../../sdk/contracts/errors.ts";
import { outcomeText, receiptText } from "./state.ts";
import { traceText } from "./trace.ts";

const view = { width: 120, paint: new Ansis(0) };
const time = "2026-03-28T11:41:06.000Z";
const later = (milliseconds: number) => new Date(Date.parse(time) + milliseconds).toISOString();
const malformed: Failure = {
  code: "MALFORMED_JSON",
  kind: "terminal",
  message: "The object is no JSON: found `}` where a value was expected. Correct it and put it again.",
  place: { line: 3, column: 7 },
  fingerprint: "f",
  cause: "Unexpected token }",
};
const away: Failure = { code: "SINK_UNAVAILABLE", kind: "retryable", message: "InfluxDB does not answer.", fingerprint: "g" };
const points = { sink: "influxdb", what: "points", count: 1_000, where: "sluice/readings", locator: {} };

const document: ObjectDocument = {
  container: "campus",
  key: "roof/a b.csv",
  store: "s3",
  version: "v1",
  content_type: "text/csv",
  size: 48_000,
  state: "processed",
  state_since: time,
  creation_date: time,
  dags: ["campus-readings"],
  receipts: [points],
  data_processing: "default",
  swift_user: "alice",
  swift_container: "campus",
  swift_object_id: "7",
  application: "",
  project: "campus",
  original_object_name: "a b.csv",
  last_modified: time,
  object_number: 7,
  checksum: "c",
  other_data: {},
  processed_data_area_service: [],
  successful_operations: [],
  failed_operations: [],
  successful_count: 1,
  failed_count: 0,
};
const run: TraceRun = {
  version: "v1",
  workflow_id: "ingest/campus/roof/a b.csv@gw-1",
  run_id: "r1",
  link: "http://ui/w/r1/history",
  door: "s3",
  announced: time,
  claimed: later(20),
  closed: later(800),
  content_type: "text/csv",
  type_by: "extension",
  outcome: "processed",
  dags: [
    {
      dag: "campus-readings",
      plan: "abcdef0123456789",
      code: { "parse-csv": "3f2a91c0ffee", notify: "3f2a91c0ffee" },
      file: "dags/campus-readings.ts",
      outcome: "success",
      steps: [
        { node: "parse-csv", task: "parse-csv", status: "success", mode: "local", attempt: 1, started: later(30), took: 12, rows: 1_000 },
        {
          node: "influx-points",
          task: "influx-points",
          status: "success",
          mode: "ordinary",
          attempt: 2,
          started: later(50),
          took: 700,
          receipt: points,
        },
        { node: "notify", task: "notify", status: "skipped" },
      ],
    },
  ],
  attempts: [{ run_id: "r1", task: "influx-points", attempt: 1, started: later(40), at: later(45), failure: away }],
  archived: false,
};
const nothing = { container: "campus", key: "roof/a b.csv", arrivals: [], duplicates: [], audit: [], lost: [], complete: true };
const trace: Trace = { document, runs: [run], ...nothing };

describe("a trace", () => {
  it("tells each task with its mode, time and receipt, attempts below, and the way to the Temporal UI", () => {
    const lines = traceText(trace, view).split("\n");
    expect(lines[0]).toBe("✓ campus/roof/a b.csv  processed");
    expect(lines).toContain("  1,000 points in influxdb sluice/readings");
    expect(lines).toContain("Run 1 of 1  processed in 800 ms");
    expect(lines).toContain("  ✓ campus-readings plan abcdef012345 · code 3f2a91c0 · dags/campus-readings.ts");
    expect(lines.find((line) => line.includes("parse-csv"))).toMatch(/✓ parse-csv +local +\d\d:41:06\.030 +12 ms +1,000 rows$/);
    const write = lines.findIndex((line) => line.includes("influx-points"));
    expect(lines[write]).toMatch(/ordinary +attempt 2 .* 700 ms +1,000 points in influxdb sluice\/readings$/);
    expect(lines[write + 1]).toMatch(/^ {6}attempt 1 failed \d\d:41:06\.045, again after 5 ms$/);
    expect(lines[write + 2]?.trim()).toBe("SINK_UNAVAILABLE");
    expect(lines[write + 3]?.trim()).toBe("InfluxDB does not answer.");
    expect(lines.find((line) => line.includes("notify"))).toContain("skipped");
    expect(lines.at(-1)).toBe("  http://ui/w/r1/history");
  });

  it("tells everything in its order: runs, news that brought nothing, what people had done", () => {
    const text = traceText(
      {
        ...trace,
        runs: [run, { ...run, run_id: "r2", door: "reprocess", announced: later(5_000), claimed: later(5_010), closed: later(5_400) }],
        duplicates: [
          {
            door: "reconcile",
            announced: time,
            refused: later(2_000),
            holder: run.workflow_id,
            workflow_id: "w",
            run_id: "r9",
            link: "http://ui/w/r9",
          },
        ],
        audit: [
          {
            action: "release",
            at: later(4_000),
            by: "alice",
            selection: { fingerprints: ["F", "G"] },
            counts: { objects: 300 },
            notes: ["type text/csv"],
          },
        ],
      },
      view,
    );
    expect(text.split("\n").filter((line) => /^\S/.test(line))).toEqual([
      "✓ campus/roof/a b.csv  processed",
      "Run 1 of 2  processed in 800 ms",
      "Came again by reconcile  duplicate",
      "Release  by alice",
      "Run 2 of 2  processed in 400 ms",
    ]);
    expect(text).toMatch(/refused \d\d:41:08\.000: its version belongs to ingest\/campus\/roof\/a b\.csv@gw-1/);
    expect(text).toContain("fingerprints F and 1 more · 300 objects · type text/csv");
    expect(text).toContain("asked for again");
  });

  it("tells a run that left its group as one, and gives what was not run no time", () => {
    const failed = { node: "parse", task: "parse", status: "failed", started: later(30), took: 12, failure: malformed } as const;
    const left = { node: "write", task: "write", status: "upstreamFailed", started: later(30), took: 12 } as const;
    const dags = [
      { dag: "json", plan: "p", code: {}, file: "/home/alice/dags/json.ts", outcome: "failed" as const, steps: [failed, left] },
    ];
    const group = { ...run, workflow_id: "ingest/campus/gw-1+50", run_id: "r0", attempts: [], dags };
    const runs: TraceRun[] = [
      { ...group, outcome: "handed-over", successor: "ingest/campus/a@gw-7" },
      { ...group, workflow_id: "ingest/campus/a@gw-7", run_id: "r1", outcome: "quarantined", claimed: later(40) },
    ];
    const text = traceText({ ...trace, runs }, view);
    expect(text.split("\n").filter((line) => line.startsWith("Run"))).toEqual(["Run 1 of 1  quarantined in 800 ms"]);
    expect(text).toMatch(/claimed \d\d:41:06\.020 · left the group ingest\/campus\/gw-1\+50/);
    expect(text).toContain("· dags/json.ts");
    expect(text).toMatch(/^ {4}· write +not run$/m);
    expect(text.match(/The object is no JSON/g)).toHaveLength(1);
  });

  it("says where the history of a run is", () => {
    const last = (more: Partial<TraceRun>) =>
      traceText({ ...trace, runs: [{ ...run, ...more }] }, view)
        .split("\n")
        .at(-1)
        ?.trim();
    expect(last({ archived: true, in_temporal: true })).toBe("http://ui/w/r1/history  also in the archive");
    expect(last({ archived: true, in_temporal: false })).toBe(
      "Temporal has forgotten this run; the archive has its history: sluice replay r1",
    );
    expect(last({ in_temporal: false })).toContain("the archive has no history of it");
  });

  it("names runs whose traces the catalog has lost, and what tells them", () => {
    const lost = [{ workflow_id: "w", run_id: "r3", link: "http://ui/w/r3", archived: true }];
    const text = traceText({ ...trace, runs: [], lost }, view);
    expect(text).toContain("A run without a trace  w");
    expect(text).toContain("sluice replay r3");
    expect(text).not.toContain("No run of it is on record");
  });

  it("says once why an object is in quarantine where a task failed with that reason", () => {
    const failed: TraceRun = {
      ...run,
      outcome: "quarantined",
      reason: malformed,
      attempts: [],
      dags: [
        {
          dag: "json",
          plan: "p",
          code: {},
          outcome: "failed",
          steps: [{ node: "parse", task: "parse", status: "failed", failure: malformed }],
        },
      ],
    };
    const text = traceText({ document: { ...document, state: "quarantined", receipts: [] }, runs: [failed], ...nothing }, view);
    expect(text.match(/The object is no JSON/g)).toHaveLength(1);
    expect(text).toContain("MALFORMED_JSON at line 3, column 7");
    expect(text).toContain("Cause: Unexpected token }");
  });

  it("tells why a run ended before any DAG", () => {
    const text = traceText({ document, runs: [{ ...run, dags: [], outcome: "quarantined", reason: malformed }], ...nothing }, view);
    expect(text).toContain("MALFORMED_JSON at line 3, column 7");
  });

  it("says of an object that was announced by its uploader alone that the store has told nothing yet", () => {
    const announced: ObjectDocument = { ...document, state: "announced", receipts: [] };
    expect(traceText({ ...nothing, document: announced, runs: [] }, view)).toContain("its store has told nothing of it yet");
  });

  it("tells of an object that waits in the journal alone where it came from, since when, and why", () => {
    const arrival = {
      id: "gw-12",
      state: "waiting",
      door: "s3",
      accepted: later(120),
      because: "3 of its tenant campus are before it",
    } as const;
    const lines = traceText({ ...nothing, runs: [], arrivals: [arrival] }, view).split("\n");
    expect(lines[0]).toBe("… campus/roof/a b.csv  waiting");
    expect(lines.slice(2)).toEqual([
      "Came by s3  waits in the journal",
      expect.stringMatching(/^ {2}accepted \d\d:41:06\.120 · arrival gw-12$/),
      "  3 of its tenant campus are before it",
    ]);
  });

  it("does not tell of an arrival a second time whose run it tells of", () => {
    const arrival = { id: "gw-1", state: "started", door: "s3", accepted: time, workflow_id: run.workflow_id } as const;
    expect(traceText({ ...trace, arrivals: [arrival] }, view)).toBe(traceText(trace, view));
  });

  it("tells of the run that has it now, with what failed so far, after those that ended", () => {
    const open = {
      workflow_id: "w",
      run_id: "r2",
      link: "http://ui/w/r2/history",
      attempts: [{ run_id: "r2", task: "write", attempt: 3, at: later(900), failure: away }],
    };
    const lines = traceText({ ...trace, document: { ...document, state: "processing" }, open }, view).split("\n");
    expect(lines).toContain("Run 1 of 1  processed in 800 ms");
    expect(lines.slice(lines.indexOf("A run has it now  1 attempt failed so far") + 1)).toEqual([
      expect.stringMatching(/^ {4}write {2}attempt 3 failed \d\d:41:06\.900$/),
      "      SINK_UNAVAILABLE",
      "      InfluxDB does not answer.",
      "  http://ui/w/r2/history",
    ]);
  });

  it("admits when it may not be all", () => {
    expect(traceText({ ...trace, complete: false }, view)).toContain("This is not all");
  });

  it("fits the terminal, and obeys no control character of a key", () => {
    const text = traceText({ ...trace, key: "a\u001b[2J" }, { ...view, width: 80 });
    expect(text).not.toContain("\u001b");
    for (const line of text.split("\n").filter((each) => each.includes("influx-points"))) expect(line.length).toBeLessThanOrEqual(80);
  });

  it("says of a write whose rows ended early that it may have left something, and not that it was not run", () => {
    const receipt = { ...points, count: 0, suspected: true } as const;
    const cut = { node: "write", task: "write", status: "upstreamFailed", receipt } as const;
    const dags = [{ dag: "json", plan: "p", code: {}, outcome: "failed" as const, steps: [cut] }];
    const text = traceText({ ...trace, runs: [{ ...run, attempts: [], dags }] }, view);
    expect(text).toMatch(/^ {4}· write +cut short +points may have been written to influxdb sluice\/readings$/m);
  });

  it("colours only where colours are wanted", () => {
    expect(traceText(trace, { ...view, paint: new Ansis(1) })).toContain("\u001b[32m✓");
    expect(traceText(trace, view)).not.toContain("\u001b");
  });
});

describe("an outcome in one line", () => {
  it("says which DAG put how much where", () => {
    expect(outcomeText(document)).toBe("text/csv → campus-readings: 1,000 points in influxdb sluice/readings");
  });

  it("does not count what may have been written", () => {
    expect(receiptText({ ...points, count: 0, suspected: true })).toBe("points may have been written to influxdb sluice/readings");
  });

  it("counts one thing in the singular, and leaves words that are no simple plural", () => {
    const text = (what: string) => receiptText({ ...points, what, count: 1 });
    expect(["points", "nodes", "entries", "time series"].map(text)).toEqual(
      ["1 point", "1 node", "1 entries", "1 time series"].map((what) => `${what} in influxdb sluice/readings`),
    );
  });

  it("says why not, with the place where the sentence does not name it", () => {
    expect(outcomeText({ ...document, state: "quarantined", reason: malformed })).toMatch(
      /^quarantined: The object is no JSON.* \(line 3, column 7\)$/,
    );
    expect(outcomeText({ ...document, state: "quarantined", reason: { ...malformed, message: "Line 3, column 7 is wrong." } })).toBe(
      "quarantined: Line 3, column 7 is wrong.",
    );
  });
});
