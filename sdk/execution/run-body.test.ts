import { expect, it } from "vitest";
import { z } from "zod";
import { arrival, dag, map, object, task, terminal } from "../index.ts";
import { mongoDocuments } from "../integrators.ts";
import { forItem } from "../interpreter/values.ts";
import { compileDag } from "../plan/compile.ts";
import type { MapNode } from "../plan/plan.ts";
import { createBench } from "../testing/bench.ts";
import { testObject } from "../testing/test-object.ts";
import { runBody } from "./run-body.ts";
import { runStage, type StageRequest } from "./run-stage.ts";

const arrived = testObject({ key: "floors.json", content: "" });
const Floor = z.object({ rooms: z.array(z.number()) });
const floors = task({ name: "floors", in: object, out: z.array(Floor), run: () => [] });
const check = task({
  name: "check",
  in: z.number(),
  out: z.object({ room: z.number() }),
  run: (room) => {
    if (room === 3) throw terminal("NO_ROOM", "There is no room 3.");
    return { room };
  },
});

it("runs each item of a map within a map as stages of its own, and tells what was written before one failed", async () => {
  const { plan, tasks, problems } = compileDag(
    dag({
      name: "d",
      on: arrival(),
      flow(arrived) {
        map(floors(arrived), (floor) => {
          map(floor.rooms, (room) => void mongoDocuments(check(room), { collection: "rooms" }));
        });
      },
    }),
  );
  expect(problems).toEqual([]);
  const outer = plan.nodes.find((node): node is MapNode => node.kind === "map" && node.scope === null) as MapNode;
  const bench = createBench(plan, tasks, { object: arrived });
  const stages: string[] = [];
  const run = (request: StageRequest) => {
    stages.push(`${request.nodes.map(({ id }) => id).join(" + ")} of ${request.environment.item}`);
    return runStage(request, bench.attempt(1));
  };
  const item = forItem({ object: arrived, settled: {}, items: {} }, outer.id, 7, { rooms: [1, 2, 3] });
  const outcome = await runBody(plan, outer.body, item, run);
  expect(outcome).toMatchObject({ failure: { code: "NO_ROOM" } });
  expect(outcome.wrote.map(({ node, receipt }) => [node, receipt.count])).toEqual([
    ["mongo-documents", 1],
    ["mongo-documents", 1],
  ]);
  expect(stages.filter((stage) => stage.includes("check"))).toEqual(["check of 7/0", "check of 7/1", "check of 7/2"]);
});
