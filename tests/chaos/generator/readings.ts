import { createRandom, type Random } from "./random.ts";
import type { Content, Draft, ExpectedPoint, Scalar } from "./expected.ts";

const units = ["celsius", "lux", "W.h", "ppm", "percent"] as const;
const meters = { units: ["Wh", "V", "A"], tag: "energy" } as const;

type Reading = {
  readonly time: number;
  readonly tags: { readonly topic: string; readonly subID: string; readonly unitID: string; readonly input: string };
  readonly units: readonly string[];
  /** None: the reading did not take place. */
  readonly values: readonly number[];
};

/** Objects share series and never a point: each has a time of its own, and its versions have points in common. */
function readingsOf({ serial, version }: Draft, random: Random): readonly Reading[] {
  const place = createRandom(serial, "place");
  const tags = {
    topic: `u${place.whole(1, 4)}/${place.whole(300, 305)}/sensor`,
    subID: `sub-${place.whole(1, 5)}`,
    unitID: `unit-${place.whole(1, 3)}`,
    input: `in ${place.whole(1, 2)}`,
  };
  const start = Date.UTC(2025, 0, 1) + serial * 1_000_000 + place.whole(0, 999);
  const unit = place.pick(units);
  return Array.from({ length: random.whole(3, 24) }, (_, row) => {
    const time = start + row * 1_000;
    if (row % 9 === 8)
      return { time, tags: { ...tags, topic: meters.tag }, units: meters.units, values: meters.units.map(() => amount(random)) };
    return { time, tags, units: [unit], values: row % 7 === 6 && version === 0 ? [] : [amount(random)] };
  });
}

function amount(random: Random): number {
  return random.whole(-40_000, 400_000) / 1_000;
}

type Extra = (row: number) => { readonly tags: { readonly [name: string]: string }; readonly fields: { readonly [name: string]: Scalar } };

function pointsOf(readings: readonly Reading[], extra: Extra): readonly ExpectedPoint[] {
  return readings.flatMap(({ time, units: names, values }, row) =>
    values.map((value, index) => ({
      measurement: (names[index] ?? "").replaceAll(".", "_"),
      time,
      tags: extra(row).tags,
      fields: { value, ...extra(row).fields },
    })),
  );
}

/** As the predecessor's JSON has it: lists where there are several values. */
function records(readings: readonly Reading[]) {
  return readings.map(({ time, tags, units: names, values }) => ({
    ...tags,
    value_units: names.length > 1 ? names : names[0],
    value: names.length > 1 ? values : (values[0] ?? null),
    time: new Date(time).toISOString(),
  }));
}

const tagsOnly =
  (readings: readonly Reading[]): Extra =>
  (row) => ({ tags: readings[row]?.tags ?? {}, fields: {} });

export function jsonReadings(draft: Draft, random: Random): Content {
  const readings = readingsOf(draft, random);
  return {
    bytes: Buffer.from(JSON.stringify(records(readings), null, random.pick([0, 2]))),
    contentType: "application/json",
    expected: { state: "processed", points: pointsOf(readings, tagsOnly(readings)) },
  };
}

export function jsonLinesReadings(draft: Draft, random: Random): Content {
  const readings = readingsOf(draft, random);
  const lines = records(readings).map((record) => `${JSON.stringify(record)}\n`);
  return { bytes: Buffer.from(lines.join("")), expected: { state: "processed", points: pointsOf(readings, tagsOnly(readings)) } };
}

/** One reading a document, in the predecessor's older form: two of the tags, and the time beside the payload. */
export function olderReading(draft: Draft, random: Random): Content {
  const [reading] = readingsOf(draft, random);
  if (!reading) throw new Error("An object of readings has at least three.");
  const { subID, unitID, input } = reading.tags;
  const [unit = ""] = reading.units;
  const [value = 0] = reading.values;
  const document = {
    date: new Date(reading.time).toISOString(),
    payload: { value, value_units: unit, subID, input, unitID },
    uri: `${draft.key}#0`,
  };
  return {
    bytes: Buffer.from(JSON.stringify(document)),
    contentType: "application/json",
    expected: {
      state: "processed",
      points: [{ measurement: unit.replaceAll(".", "_"), time: reading.time, tags: { subID, input }, fields: { value } }],
    },
  };
}

const header = "_id,measuretime,topic,payload.value,payload.value_units,payload.input,payload.subID,payload.unitID";

export function csvReadings(draft: Draft, random: Random): Content {
  const readings = readingsOf(draft, random);
  const idOf = (row: number) => `${draft.serial}-${row}`;
  const lines = readings.map(({ time, tags, units: names, values }, row) => {
    const [value, unit] =
      names.length > 1 ? [quoted(JSON.stringify(values)), quoted(JSON.stringify(names))] : [String(values[0] ?? ""), names[0] ?? ""];
    return [idOf(row), new Date(time).toISOString(), tags.topic, value, unit, tags.input, tags.subID, tags.unitID].join(",");
  });
  const extra: Extra = (row) => {
    const { topic = "", input = "", subID = "", unitID = "" } = readings[row]?.tags ?? {};
    return { tags: { topic, payload_input: input, payload_subID: subID, payload_unitID: unitID }, fields: { _id: idOf(row) } };
  };
  return {
    bytes: Buffer.from(`${[header, ...lines].join(random.pick(["\n", "\r\n"]))}\n`),
    contentType: random.pick(["text/csv", "application/vnd.ms-excel"]),
    expected: { state: "processed", points: pointsOf(readings, extra) },
  };
}

function quoted(cell: string): string {
  return `"${cell.replaceAll('"', '""')}"`;
}

/** Documents of any form that become points by the template that was put with them. */
export function templateReadings({ serial }: Draft, random: Random): Content {
  const start = Date.UTC(2026, 0, 1) + serial * 1_000_000;
  const documents = Array.from({ length: random.whole(2, 10) }, (_, row) => ({
    line: `press line ${serial % 7}`,
    machine: `press ${serial % 11}`,
    done: new Date(start + row * 1_000).toISOString(),
    cycle: { seconds: amount(random), good: random.chance(0.9) },
    remark: "in no template",
  }));
  const template = { measurement: "line", time: "done", fields: ["cycle.seconds", "cycle.good"], tags: ["machine"] };
  const points = documents.map(({ line, machine, cycle }, row) => ({
    measurement: line,
    time: start + row * 1_000,
    tags: { machine },
    fields: { cycle_seconds: cycle.seconds, cycle_good: cycle.good },
  }));
  return {
    bytes: Buffer.from(JSON.stringify(documents)),
    contentType: "application/json",
    metadata: { template: JSON.stringify(template) },
    expected: { state: "processed", points },
  };
}
