/** What every object of the bench holds. */
export const readingsAnObject = 100;

const sensors = 50;
const start = Date.UTC(2026, 2, 28);

/**
 * A JSON object of the predecessor's readings. `unit` becomes the measurement; no two objects share a point, and all
 * objects together have as many series as there are sensors.
 */
export function jsonObject(index: number, unit: string): Buffer {
  const first = start + Math.floor(index / sensors) * readingsAnObject * 1_000;
  const readings = Array.from({ length: readingsAnObject }, (_, reading) => ({
    topic: `u4/${index % sensors}/temperature`,
    subID: "ilot1",
    unitID: "inside",
    input: 0,
    value_units: unit,
    value: 15 + ((index * 31 + reading * 7) % 100) / 10,
    time: new Date(first + reading * 1_000).toISOString(),
  }));
  return Buffer.from(JSON.stringify(readings));
}

export const csvHeader = "time,topic,value,value_units\n";

/** A CSV of as many rows, chunk by chunk. */
export function* csvChunks(rows: number, unit: string): Generator<Buffer> {
  yield Buffer.from(csvHeader);
  const rowsAChunk = 20_000;
  for (let from = 0; from < rows; from += rowsAChunk) {
    let text = "";
    for (let row = from; row < Math.min(rows, from + rowsAChunk); row++) {
      const time = new Date(start + Math.floor(row / sensors) * 1_000).toISOString();
      text += `${time},u4/${row % sensors}/temperature,${15 + ((row * 7) % 100) / 10},${unit}\n`;
    }
    yield Buffer.from(text);
  }
}
