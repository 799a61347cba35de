import { describe, expect, it } from "vitest";
import type { JsonObject } from "sluice/sdk";
import { csvReadings, isReadingsHeader } from "./csv-readings.ts";
import { isReading, jsonReadings } from "./json-readings.ts";
import { jsonValues } from "./json.ts";
import { templatePoints } from "./template.ts";
import { all, testObject } from "./test-object.ts";

const time = Date.UTC(2021, 2, 28, 11, 41, 6);
const reading = {
  topic: "u4/302/temperature",
  subID: "s1",
  unitID: 7,
  input: null,
  value_units: "celsius",
  value: 21.5,
  time: "2021-03-28T11:41:06.000Z",
};
const json = (content: unknown) => {
  const object = testObject(JSON.stringify(content));
  return all(jsonReadings(jsonValues(object), object));
};
const csv = (content: string) => all(csvReadings(testObject(content)));
const predecessorHeader = "_id,measuretime,topic,payload.value,payload.value_units,payload.input,payload.subID,payload.unitID";

describe("sensor readings in JSON", () => {
  it("become a point each: the unit is the measurement, what is missing is no tag", async () => {
    expect(await json([reading])).toEqual([
      { measurement: "celsius", time, tags: { topic: "u4/302/temperature", subID: "s1", unitID: "7" }, fields: { value: 21.5 } },
    ]);
  });

  it("with lists become a point for each value and unit, dots replaced", async () => {
    const points = await json([{ ...reading, value: [230.5, 0.12, 0.9], value_units: ["V", "A", "cos.phi"] }]);
    expect(points.map(({ measurement, fields }) => [measurement, fields["value"]])).toEqual([
      ["V", 230.5],
      ["A", 0.12],
      ["cos_phi", 0.9],
    ]);
  });

  it("of the older form are a single document, with the payload where it was", async () => {
    const payload = { value: 3, value_units: "lux", subID: "s2", input: 1, unitID: "u" };
    const point = { measurement: "lux", time, tags: { subID: "s2", input: "1" }, fields: { value: 3 } };
    expect(await json({ date: reading.time, payload, uri: "/x" })).toEqual([point]);
    expect(await json({ date: reading.time, data: payload, uri: "/x" })).toEqual([point]);
    expect(await json({ data: { date: reading.time, payload } })).toEqual([point]);
  });

  it("are known by their shape", () => {
    expect(isReading(reading)).toBe(true);
    expect(isReading({ date: "2021", payload: { value: 1 } })).toBe(true);
    for (const other of [{ name: "a" }, { value: 1, time: 2 }, [1], null, 3, { data: { a: 1 }, date: 1 }])
      expect(isReading(other)).toBe(false);
  });

  it("without a value make no point", async () => expect(await json([{ ...reading, value: null }])).toEqual([]));

  it.each([
    [[reading, { ...reading, time: "yesterday" }], "UNREADABLE_TIME", { pointer: "/1", field: "time" }],
    [[{ ...reading, value: "NaN" }], "NOT_A_NUMBER", { pointer: "/0", field: "value" }],
    [[{ ...reading, value: "-Infinity" }], "NOT_A_NUMBER", { pointer: "/0" }],
    [[{ ...reading, value: [1, 2], value_units: ["V"] }], "UNEQUAL_LISTS", { pointer: "/0" }],
    [[reading, { name: "other" }], "NOT_A_READING", { pointer: "/1" }],
    [{ date: "?", payload: { value: 1 } }, "UNREADABLE_TIME", { field: "date" }],
    [[{ ...reading, value_units: {} }], "NOT_A_UNIT", { pointer: "/0" }],
  ])("like %j are refused", async (content, code, place) => {
    await expect(json(content)).rejects.toMatchObject({ code, kind: "terminal", place });
  });
});

describe("sensor readings in CSV", () => {
  it("of the predecessor become points: lists in cells, other columns as tags", async () => {
    const content = `${predecessorHeader}\n5f1,2021-03-28 11:41:06,u4/302,"[234.27,0.12]","[""V"",""A""]",1,s.1,u1\n5f2,2021-03-28T11:41:06Z,u4/303,21.5,celsius,,s2,u2\n`;
    expect(await csv(content)).toEqual([
      {
        measurement: "V",
        time,
        tags: { topic: "u4/302", payload_input: "1", payload_subID: "s.1", payload_unitID: "u1" },
        fields: { value: 234.27, _id: "5f1" },
      },
      {
        measurement: "A",
        time,
        tags: { topic: "u4/302", payload_input: "1", payload_subID: "s.1", payload_unitID: "u1" },
        fields: { value: 0.12, _id: "5f1" },
      },
      {
        measurement: "celsius",
        time,
        tags: { topic: "u4/303", payload_subID: "s2", payload_unitID: "u2" },
        fields: { value: 21.5, _id: "5f2" },
      },
    ]);
  });

  it("may have any of the predecessor's columns, and decimal commas where cells end at something else", async () => {
    for (const timeColumn of ["timestamp", "temps", "date", "measuretime"]) {
      for (const valueColumn of ["value", "valeur", "reading", "payload.value"]) {
        expect(await csv(`${timeColumn};${valueColumn};salle\n2021-03-28T11:41:06Z;21,5;302\n`)).toEqual([
          { measurement: "readings", time, tags: { salle: "302" }, fields: { value: 21.5 } },
        ]);
      }
    }
  });

  it("are known by their header", () => {
    expect(isReadingsHeader(predecessorHeader.split(","))).toBe(true);
    expect(isReadingsHeader(["name", "value"])).toBe(false);
    expect(isReadingsHeader(["date", "amount"])).toBe(false);
  });

  it("without a value make no point", async () => expect(await csv("time,value\n2021-03-28T11:41:06Z,\n")).toEqual([]));

  it.each([
    ["time,value\n2021-03-28T11:41:06Z,1\n31/12/2021,2\n", "UNREADABLE_TIME", { line: 3, field: "time" }],
    ["time,value\n2021-03-28T11:41:06Z,NaN\n", "NOT_A_NUMBER", { line: 2, field: "value" }],
    ["time,value\n2021-03-28T11:41:06Z,inf\n", "NOT_A_NUMBER", { line: 2 }],
    ["time,value\n2021-03-28T11:41:06Z,1e999\n", "NOT_A_NUMBER", { line: 2 }],
    ['time,value,value_units\n2021-03-28T11:41:06Z,"[1,2]",V\n', "UNEQUAL_LISTS", { line: 2 }],
    ['time,value,value_units\n2021-03-28T11:41:06Z,"[1,x]","[1,2]"\n', "UNEQUAL_LISTS", { line: 2 }],
    ["time,value\n2021-03-28T11:41:06Z,1,2\n", "RAGGED_ROW", { line: 2 }],
  ])("like %j are refused with the line", async (content, code, place) => {
    await expect(csv(content)).rejects.toMatchObject({ code, kind: "terminal", place });
  });
});

describe("JSON with a template", () => {
  const template = { measurement: "kind", time: "at", fields: ["t", "inner.h"], tags: ["room"] };
  const document = { kind: "climate", at: "2021-03-28T11:41:06Z", t: 21.5, inner: { h: 40 }, room: "302", other: true };
  const points = (content: unknown, metadata: JsonObject = { template }) => {
    const object = testObject(JSON.stringify(content), { metadata });
    return all(templatePoints(jsonValues(object), object));
  };

  it("becomes a point a document, as the template says", async () => {
    expect(await points([document, { ...document, t: null }])).toEqual([
      { measurement: "climate", time, tags: { room: "302" }, fields: { t: 21.5, inner_h: 40 } },
      { measurement: "climate", time, tags: { room: "302" }, fields: { inner_h: 40 } },
    ]);
  });

  it("whose template names a field that is not there is refused with name and pointer", async () => {
    const { room: _, ...without } = document;
    await expect(points([document, without])).rejects.toMatchObject({
      code: "TEMPLATE_FIELD_MISSING",
      kind: "terminal",
      place: { pointer: "/1/room", field: "room" },
      message: expect.stringContaining('names the field "room" (tags)'),
    });
    await expect(points({ ...document, inner: {} })).rejects.toMatchObject({
      code: "TEMPLATE_FIELD_MISSING",
      place: { pointer: "/inner/h" },
    });
  });

  it.each([
    [{ ...document, at: "soon" }, "UNREADABLE_TIME", { pointer: "/at" }],
    [{ ...document, t: [1] }, "NOT_A_NUMBER", { pointer: "/t" }],
    [{ ...document, kind: {} }, "BAD_MEASUREMENT", { pointer: "/kind" }],
    [3, "TEMPLATE_FIELD_MISSING", {}],
  ])("and the document %j is refused", async (content, code, place) => {
    await expect(points(content)).rejects.toMatchObject({ code, place });
  });

  it("whose template is not one is refused, saying which part", async () => {
    await expect(points(document, { template: "climate" })).rejects.toMatchObject({ code: "BAD_TEMPLATE" });
    await expect(points(document, { template: { ...template, fields: [] } })).rejects.toMatchObject({
      code: "BAD_TEMPLATE",
      place: { field: "template.fields" },
    });
    await expect(points(document, { template: { ...template, time: 3 } })).rejects.toMatchObject({
      code: "BAD_TEMPLATE",
      place: { field: "template.time" },
    });
  });
});
