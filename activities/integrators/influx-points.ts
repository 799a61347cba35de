import type { InfluxClient } from "../../infra/influx.ts";
import type { Receipt } from "../../sdk/contracts/receipt.ts";
import type { Integrator } from "../../sdk/execution/context.ts";
import { chunksOfPoints, type PointsChunk, weighPoints } from "./influx/point-chunks.ts";
import { createPointEncoder, type PointEncoder } from "./influx/point-encoder.ts";
import { pointOptions } from "./influx/point-options.ts";
import {
  allTimes,
  countPoints,
  measurementsNamed,
  type PointsLocator,
  pointsLocatorOf,
  pointsPlace,
  undoPoints,
} from "./influx/undo-points.ts";
import { createBulkWriter } from "./writing/bulk-writer.ts";
import { readOptions } from "./writing/options.ts";
import { heldForItem, isItem } from "./writing/items.ts";
import { clearingUp, pump } from "./writing/pump.ts";
import { createSinkGuard, type SinkGuard } from "./writing/sink-guard.ts";

const name = "influx-points";

/** Rows as points; each carries the integer field `object`, by which an object's points are found again. */
export function createInfluxPoints(
  client: Pick<InfluxClient, "database" | "write" | "query">,
  guard: SinkGuard = createSinkGuard({ sink: "influxdb", title: "InfluxDB" }),
): Integrator {
  const influx = { database: client.database, query: (statements: string) => guard.run(() => client.query(statements)) };
  const writer = createBulkWriter<PointsChunk>({
    guard,
    write: (chunks) => client.write(Buffer.concat(chunks.map(({ lines }) => lines))),
    weigh: weighPoints,
    rows: ({ points }) => points,
  });

  return {
    name,
    async write(input, options, context) {
      guard.enter();
      const encoder = createPointEncoder(readOptions(pointOptions, options, name), context);
      const clear = () =>
        encoder.measurements.size === 0 || isItem(context)
          ? Promise.resolve(0)
          : undoPoints(influx, locate(encoder, context.object.number), context.signal);
      return clearingUp(async () => {
        const chunks = heldForItem(chunksOfPoints(input, encoder, context.signal), context, ({ lines }) => lines.length);
        await pump(chunks, (chunk) => writer.add(chunk), context.signal);
        const locator = locate(encoder, context.object.number);
        const count = encoder.series.exact ? encoder.series.count : await countPoints(influx, locator);
        return receiptOf(influx.database, encoder, locator, count);
      }, clear);
    },
    undo: (receipt, context) => undoPoints(influx, pointsLocatorOf(receipt), context.signal),
    suspect({ measurement }, { number }) {
      const measurements = typeof measurement === "string" ? [measurement] : [];
      const where = pointsPlace(client.database, measurements.length > 0 ? measurements : "any");
      const locator = { database: client.database, object: number, measurements, ...allTimes };
      return { sink: "influxdb", what: "points", count: 0, where, locator, suspected: true };
    },
  };
}

function locate({ measurements, from, to }: PointEncoder, object: number): PointsLocator {
  const named = measurements.size <= measurementsNamed ? [...measurements].sort() : [];
  return measurements.size === 0 ? { object, measurements: [], from: 0, to: -1 } : { object, measurements: named, from, to };
}

function receiptOf(database: string, { measurements }: PointEncoder, locator: PointsLocator, count: number): Receipt {
  const named = locator.measurements.length > 0 || measurements.size === 0;
  return {
    sink: "influxdb",
    what: "points",
    count,
    where: pointsPlace(database, named ? locator.measurements : measurements.size),
    locator: { database, ...locator },
  };
}
