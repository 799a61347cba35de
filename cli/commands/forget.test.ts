import { expect, it } from "vitest";
import type { TraceRun } from "../../gateway/client.ts";
import { leftOf, leftText } from "./forget.ts";

const run: TraceRun = {
  version: "v1",
  workflow_id: "ingest/campus/1042+37",
  run_id: "group",
  link: "",
  door: "s3",
  announced: "",
  claimed: "",
  closed: "",
  content_type: "",
  type_by: "",
  outcome: "handed-over",
  dags: [],
  attempts: [],
  archived: false,
};

it("names the runs whose histories still tell of what is forgotten", () => {
  const runs: readonly TraceRun[] = [
    { ...run, in_temporal: true },
    { ...run, run_id: "old", archived: true, in_temporal: false },
    { ...run, run_id: "own", in_temporal: false },
    { ...run, run_id: "not asked" },
  ];
  expect(leftOf(runs).map(({ run_id }) => run_id)).toEqual(["group", "old"]);
  expect(leftText(leftOf(runs)).split("\n").slice(1)).toEqual([
    "    ingest/campus/1042+37, run group",
    "    ingest/campus/1042+37, run old, also in the archive",
  ]);
});
