import { chunked, chunksOf, type JsonObject, terminal } from "sluice/sdk";
import { nameOf, type Readable } from "./encoding.ts";
import type { Located } from "./json.ts";
import { isRecord } from "./json-documents.ts";
import { escapePointer } from "./malformed-json.ts";
import { influxName, isMissing, numberAt, type Point, show, timeAt, whereIn } from "./point.ts";

/** Which fields of a JSON document make a point; dots reach into nested objects. */
export type Template = {
  readonly measurement: string;
  readonly time: string;
  readonly fields: readonly string[];
  readonly tags: readonly string[];
};

export function hasTemplate(metadata: JsonObject): boolean {
  return metadata["template"] !== undefined && metadata["template"] !== null;
}

/** The template that the uploader gave. @throws `BAD_TEMPLATE` (terminal) */
export function templateOf(object: Readable): Template {
  const given = object.metadata["template"];
  if (!isRecord(given)) throw badTemplate(object, "template", given, "an object with measurement, time, fields and tags");
  const fields = namesOf(object, given, "fields");
  if (fields.length === 0) throw badTemplate(object, "template.fields", given["fields"], "the name of at least one field");
  return {
    measurement: nameIn(object, given, "measurement"),
    time: nameIn(object, given, "time"),
    fields,
    tags: namesOf(object, given, "tags"),
  };
}

/**
 * One point a document, as the template says: `measurement` and `time` name the fields that hold these.
 * @throws `BAD_TEMPLATE`, `TEMPLATE_FIELD_MISSING`, `UNREADABLE_TIME`, `NOT_A_NUMBER` (terminal, with the pointer)
 */
export function templatePoints(values: AsyncIterable<Located>, object: Readable): AsyncIterable<Point> {
  return chunked(async function* () {
    const template = templateOf(object);
    for await (const chunk of chunksOf(values)) yield chunk.flatMap((located) => pointBy(template, located, object) ?? []);
  });
}

/** None where no field of the template has a value. */
function pointBy(template: Template, { value, place }: Located, object: Readable): Point | undefined {
  const at = (name: string) => ({ ...place, pointer: `${place.pointer}/${pathOf(value, name).map(escapePointer).join("/")}` });
  const read = (name: string, role: string) => {
    const found = pathOf(value, name).reduce<unknown>((inner, step) => (isRecord(inner) ? inner[step] : undefined), value);
    if (found !== undefined) return found;
    throw missing(object, name, role, value, at(name));
  };
  const time = timeAt(read(template.time, "time"), object, template.time, at(template.time));
  const tags: Record<string, string> = {};
  for (const name of template.tags) {
    const tag = read(name, "tags");
    if (!isMissing(tag)) tags[influxName(name)] = typeof tag === "string" ? tag : JSON.stringify(tag);
  }
  const fields: Record<string, number | string | boolean> = {};
  for (const name of template.fields) {
    const field = read(name, "fields");
    if (!isMissing(field)) fields[influxName(name)] = scalar(field, object, name, at(name));
  }
  if (Object.keys(fields).length === 0) return undefined;
  return { measurement: measurementIn(read(template.measurement, "measurement"), object, template, at), time, tags, fields };
}

function measurementIn(value: unknown, object: Readable, template: Template, at: (name: string) => { pointer: string }): string {
  if ((typeof value === "string" && value.trim() !== "") || typeof value === "number") return influxName(String(value));
  throw terminal(
    "BAD_MEASUREMENT",
    `${whereIn(object, at(template.measurement))} is ${show(value)}; expected the name of the measurement, because the template names this field. Correct the document or the template.`,
    {
      place: at(template.measurement),
    },
  );
}

function scalar(value: unknown, object: Readable, name: string, place: { pointer: string }): number | string | boolean {
  if (typeof value === "string" || typeof value === "boolean") return value;
  return numberAt(value, object, name, place);
}

/** A field by its whole name where the document has it, else step by step along the dots. */
function pathOf(value: unknown, name: string): readonly string[] {
  return isRecord(value) && Object.hasOwn(value, name) ? [name] : name.split(".");
}

function missing(object: Readable, name: string, role: string, value: unknown, place: { pointer: string }) {
  const has = isRecord(value) ? `has ${Object.keys(value).join(", ") || "no fields"}` : `is ${show(value)}`;
  return terminal(
    "TEMPLATE_FIELD_MISSING",
    `The template of ${nameOf(object)} names the field "${name}" (${role}), which ${place.pointer} does not hold: the document ${has}. Correct the template, or add the field.`,
    {
      place: { ...place, field: name },
    },
  );
}

function nameIn(object: Readable, template: Record<string, unknown>, part: string): string {
  const name = template[part];
  if (typeof name === "string" && name !== "") return name;
  throw badTemplate(object, `template.${part}`, name, "the name of a field");
}

function namesOf(object: Readable, template: Record<string, unknown>, part: string): readonly string[] {
  const names = template[part] ?? [];
  if (Array.isArray(names) && names.every((name) => typeof name === "string" && name !== "")) return names;
  throw badTemplate(object, `template.${part}`, names, "a list of names of fields");
}

function badTemplate(object: Readable, what: string, found: unknown, expected: string) {
  return terminal(
    "BAD_TEMPLATE",
    `The metadata of ${nameOf(object)} holds ${show(found)} as ${what}; expected ${expected}. Correct the metadata and process the object again.`,
    { place: { field: what } },
  );
}
