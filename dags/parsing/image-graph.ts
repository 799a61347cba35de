import { type LakeObject, terminal } from "sluice/sdk";
import { nameOf, type Readable } from "./encoding.ts";
import { readImage } from "./image.ts";
import { isRecord } from "./json-documents.ts";
import { show } from "./point.ts";

type Key = Record<string, string | number | boolean>;
type NodeReference = { label: string; key: Key };
export type Graph = {
  nodes: (NodeReference & { properties?: Record<string, unknown> })[];
  relations: { type: string; from: NodeReference; to: NodeReference }[];
};

/** Photographs within about ten metres were taken at the same place. */
const placeDecimals = 4;

/**
 * An image as a graph: `(:IMAGE)` with format, dimensions and EXIF, its `(:CAMERA)` and `(:PLACE)`, and an
 * `(:OBJECT)` for each name in the metadata's `image_content`: `SUBJECT` for main, `CONTAINS` for secondary ones.
 * @throws `EMPTY_OBJECT`, `BROKEN_IMAGE`, `BAD_IMAGE_CONTENT` (terminal)
 */
export async function imageGraph(
  object: Readable & Pick<LakeObject, "id" | "type" | "user">,
  warn: (message: string) => void,
): Promise<Graph> {
  const { main, secondary } = contentOf(object);
  const { format, dimensions, exif, problem } = await readImage(object);
  if (problem !== undefined) warn(`The EXIF data of ${nameOf(object)} cannot be read: ${problem}`);

  const image: NodeReference = { label: "IMAGE", key: { swift_id: object.id } };
  const facts = {
    name: object.key,
    container: object.container,
    content_type: object.type,
    bytes: object.size,
    format,
    user: object.user,
    ...dimensions,
    ...exif.settings,
  };
  const when = {
    ...(exif.takenAt && { taken_at: exif.takenAt }),
    ...(exif.orientation && { orientation: exif.orientation }),
    ...exif.place,
  };
  const graph: Graph = { nodes: [{ ...image, properties: { ...facts, ...when } }], relations: [] };

  const relate = (type: string, label: string, key: Key, properties?: Record<string, unknown>) => {
    // What is both a main and a secondary object is one node.
    if (type !== "CONTAINS" || !main.includes(String(key["type"]))) graph.nodes.push({ label, key, ...(properties && { properties }) });
    graph.relations.push({ type, from: image, to: { label, key } });
  };
  if (exif.camera) relate("TAKEN_WITH", "CAMERA", { name: exif.camera.name }, { make: exif.camera.make, model: exif.camera.model });
  if (exif.place) relate("TAKEN_AT", "PLACE", { latitude: round(exif.place.latitude), longitude: round(exif.place.longitude) });
  for (const type of main) relate("SUBJECT", "OBJECT", { type });
  for (const type of secondary) relate("CONTAINS", "OBJECT", { type });
  return graph;
}

function round(degrees: number): number {
  return Number(degrees.toFixed(placeDecimals));
}

function contentOf(object: Readable): { main: readonly string[]; secondary: readonly string[] } {
  const content = object.metadata["image_content"] ?? {};
  if (!isRecord(content)) throw badContent(object, "image_content", content, "an object with main_object and secondary_object");
  return { main: namesIn(object, content, "main_object"), secondary: namesIn(object, content, "secondary_object") };
}

function namesIn(object: Readable, content: Record<string, unknown>, part: string): readonly string[] {
  const given = content[part] ?? [];
  const names = typeof given === "string" ? [given] : given;
  if (!Array.isArray(names) || !names.every((name) => typeof name === "string"))
    throw badContent(object, `image_content.${part}`, given, "a list of names");
  return [...new Set(names.map((name: string) => name.trim()).filter((name) => name !== ""))];
}

function badContent(object: Readable, what: string, found: unknown, expected: string) {
  return terminal(
    "BAD_IMAGE_CONTENT",
    `The metadata of ${nameOf(object)} holds ${show(found)} as ${what}; expected ${expected}. Correct the metadata and process the object again.`,
    { place: { field: what } },
  );
}
