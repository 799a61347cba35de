import type { InfluxClient } from "../../infra/influx.ts";
import type { Receipt } from "../../sdk/contracts/receipt.ts";
import type { Integrator } from "../../sdk/execution/context.ts";
import { chunksOfPoints, type PointsChunk, weighPoints } from "./influx/point-chunks.ts";
import { createPointEncoder, type PointEncoder } from "./influx/point-encoder.ts";
import { pointOptions } from "./influx/point-options.ts";
import { countPoints, type PointsLocator, undoPoints } from "./influx/undo-points.ts";
import { createBulkWriter } from "./writing/bulk-writer.ts";
import { readOptions } from "./writing/options.ts";
import { clearingUp, pump } from "./writing/pump.ts";

const name = "influx-points";

/** Above this many measurements the receipt does not name them. */
const measurementsNamed = 100;

/** Rows as points; each carries the integer field `object`, by which an object's points are found again. */
export function createInfluxPoints(influx: Pick<InfluxClient, "database" | "write" | "query">): Integrator {
  const writer = createBulkWriter<PointsChunk>({
    sink: "InfluxDB",
    write: (chunks) => influx.write(Buffer.concat(chunks.map(({ lines }) => lines))),
    weigh: weighPoints,
  });

  return {
    name,
    async write(input, options, context) {
      const encoder = createPointEncoder(readOptions(pointOptions, options, name), context);
      const clear = () =>
        encoder.measurements.size === 0 ? Promise.resolve() : undoPoints(influx, locate(encoder, context.object.number), context.signal);
      return clearingUp(async () => {
        await pump(chunksOfPoints(input, encoder, context.signal), (chunk) => writer.add(chunk), context.signal);
        const locator = locate(encoder, context.object.number);
        const count = encoder.series.exact ? encoder.series.count : await countPoints(influx, locator);
        return receiptOf(influx.database, encoder, locator, count);
      }, clear);
    },
    undo: (receipt, context) => undoPoints(influx, locatorOf(receipt), context.signal),
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
    where: `${database}/${named ? locator.measurements.join(",") : `${measurements.size} measurements`}`,
    locator: { database, ...locator },
  };
}

function locatorOf({ locator }: Receipt): PointsLocator {
  const { object, measurements, from, to } = locator;
  return { object: Number(object), measurements: Array.isArray(measurements) ? measurements : [], from: Number(from), to: Number(to) };
}
