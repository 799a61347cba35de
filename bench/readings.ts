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

/** A CSV of as many rows, chunk by chunk; `from` counts the rows of others of the same unit before it. */
export function* csvChunks(rows: number, unit: string, from = 0): Generator<Buffer> {
  yield Buffer.from(csvHeader);
  yield* chunks(rows, (index) => {
    const row = from + index;
    return `${timeOf(row)},u4/${row % sensors}/temperature,${15 + ((row * 7) % 100) / 10},${unit}\n`;
  });
}

/** As many JSON lines, chunk by chunk; all of them are of one length. */
export function* jsonLinesChunks(rows: number, unit: string): Generator<Buffer> {
  yield* chunks(rows, (row) => jsonLine(row, unit));
}

export function jsonLine(row: number, unit: string): string {
  const sensor = String(row % sensors).padStart(2, "0");
  const value = (15 + ((row * 7) % 100) / 10).toFixed(1);
  return `{"topic":"u4/${sensor}/temperature","subID":"ilot1","unitID":"inside","input":0,"value_units":"${unit}","value":${value},"time":"${timeOf(row)}"}\n`;
}

const timeOf = (row: number) => new Date(start + Math.floor(row / sensors) * 1_000).toISOString();

const rowsAChunk = 20_000;

function* chunks(rows: number, lineOf: (row: number) => string): Generator<Buffer> {
  for (let from = 0; from < rows; from += rowsAChunk) {
    let text = "";
    for (let row = from; row < Math.min(rows, from + rowsAChunk); row++) text += lineOf(row);
    yield Buffer.from(text);
  }
}
