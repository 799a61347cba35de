import type { Edge } from "./graph.ts";

export type Size = { readonly width: number; readonly height: number };
export type Point = { readonly x: number; readonly y: number };

/** Where boxes stand on a grid of characters, and the lines between them; both layer by layer from top to bottom. */
export type Layout = {
  readonly boxes: ReadonlyMap<string, Point>;
  /** Corner points of orthogonal lines; the last stands on top of its target. */
  readonly lines: readonly (readonly Point[])[];
  readonly width: number;
  readonly height: number;
};

const gap = 2;

/** A layered layout (Sugiyama's): long edges pass the layers between by places of width 1. */
export function layOut(sizes: ReadonlyMap<string, Size>, edges: readonly Edge[]): Layout {
  const depth = longestPaths([...sizes.keys()], edges);
  const all = new Map<string, Size>(sizes);
  const short = edges.flatMap((edge) => split(edge, depth, all));
  const layers = layersOf(all, depth);
  const parents = (id: string) => short.filter(({ to }) => to === id).map(({ from }) => from);
  const children = (id: string) => short.filter(({ from }) => from === id).map(({ to }) => to);
  for (let pass = 0; pass < 4; pass++) {
    for (const layer of layers.slice(1)) sortBy(layer, (id) => average(parents(id), layers[layers.indexOf(layer) - 1]));
    for (const layer of layers.slice(0, -1).reverse()) sortBy(layer, (id) => average(children(id), layers[layers.indexOf(layer) + 1]));
  }
  for (const layer of layers.slice(1)) sortBy(layer, (id) => average(parents(id), layers[layers.indexOf(layer) - 1]));

  const left = columns(layers, all, parents, children);
  const centre = (id: string) => (left.get(id) ?? 0) + Math.floor((all.get(id)?.width ?? 1) / 2);
  const boxes = new Map<string, Point>();
  const lines: Point[][] = [];
  let y = 0;
  for (const layer of layers) {
    const height = Math.max(...layer.map((id) => all.get(id)?.height ?? 0));
    for (const id of layer) boxes.set(id, { x: left.get(id) ?? 0, y });
    const out = short.filter(({ from }) => layer.includes(from));
    const tracks = assignTracks(out, centre);
    const bottom = y + height;
    const below = bottom + Math.max(0, ...tracks.values()) + 2;
    for (const { from, to } of out) {
      const top = y + (all.get(from)?.height ?? 0);
      const track = bottom + (tracks.get(from) ?? 0);
      lines.push([
        { x: centre(from), y: top },
        { x: centre(from), y: track },
        { x: centre(to), y: track },
        { x: centre(to), y: below - 1 },
      ]);
    }
    y = out.length > 0 ? below : bottom;
  }
  const width = Math.max(...[...boxes].map(([id, { x }]) => x + (all.get(id)?.width ?? 0)));
  return { boxes: new Map([...boxes].filter(([id]) => sizes.has(id))), lines, width, height: y };
}

function longestPaths(ids: readonly string[], edges: readonly Edge[]): Map<string, number> {
  const depth = new Map<string, number>();
  const visit = (id: string): number => {
    const known = depth.get(id);
    if (known !== undefined) return known;
    depth.set(id, 0);
    const own = Math.max(-1, ...edges.filter(({ to }) => to === id).map(({ from }) => visit(from))) + 1;
    depth.set(id, own);
    return own;
  };
  for (const id of ids) visit(id);
  return depth;
}

function split(edge: Edge, depth: Map<string, number>, all: Map<string, Size>): Edge[] {
  const [start, end] = [depth.get(edge.from) ?? 0, depth.get(edge.to) ?? 0];
  const between = Array.from({ length: Math.max(end - start - 1, 0) }, (_, index) => {
    const id = `${edge.from}→${edge.to}#${index}`;
    all.set(id, { width: 1, height: 0 });
    depth.set(id, start + index + 1);
    return id;
  });
  const path = [edge.from, ...between, edge.to];
  return path.slice(1).map((to, index) => ({ from: path[index] as string, to }));
}

function layersOf(all: ReadonlyMap<string, Size>, depth: ReadonlyMap<string, number>): string[][] {
  const layers: string[][] = [];
  for (const id of all.keys()) (layers[depth.get(id) ?? 0] ??= []).push(id);
  return layers;
}

function sortBy(layer: string[], weight: (id: string) => number | undefined): void {
  const weights = new Map(layer.map((id, index) => [id, weight(id) ?? index]));
  layer.sort((one, other) => (weights.get(one) ?? 0) - (weights.get(other) ?? 0));
}

function average(ids: readonly string[], layer: readonly string[] = []): number | undefined {
  return ids.length === 0 ? undefined : ids.reduce((sum, id) => sum + layer.indexOf(id), 0) / ids.length;
}

/** Left edges: as near to the middle of the neighbours above, then below, as the boxes beside allow. */
function columns(
  layers: readonly string[][],
  all: ReadonlyMap<string, Size>,
  parents: (id: string) => string[],
  children: (id: string) => string[],
): Map<string, number> {
  const left = new Map<string, number>();
  const width = (id: string) => all.get(id)?.width ?? 1;
  const centre = (id: string) => (left.get(id) ?? 0) + Math.floor(width(id) / 2);
  const place = (layer: readonly string[], wish: (id: string) => number | undefined) => {
    let next = 0;
    const wishes = layer.map((id) => {
      const at = wish(id);
      return at === undefined ? undefined : at - Math.floor(width(id) / 2);
    });
    layer.forEach((id, index) => {
      const at = Math.max(next, Math.round(wishes[index] ?? next));
      left.set(id, at);
      next = at + width(id) + gap;
    });
    // What was pushed to the right goes back as one, so that the layer stays under its middle.
    const pushed = layer.map((id, index) => (left.get(id) ?? 0) - Math.round(wishes[index] ?? left.get(id) ?? 0));
    const back = Math.min(
      left.get(layer[0] ?? "") ?? 0,
      Math.floor(pushed.reduce((sum, each) => sum + each, 0) / Math.max(pushed.length, 1)),
    );
    if (back > 0) for (const id of layer) left.set(id, (left.get(id) ?? 0) - back);
  };
  const middle = (ids: readonly string[]) => (ids.length === 0 ? undefined : ids.reduce((sum, id) => sum + centre(id), 0) / ids.length);
  for (const layer of layers) place(layer, () => undefined);
  for (let pass = 0; pass < 3; pass++) {
    for (const layer of [...layers].reverse().slice(1)) place(layer, (id) => middle(children(id)) ?? centre(id));
    for (const layer of layers.slice(1)) place(layer, (id) => middle(parents(id)) ?? centre(id));
  }
  const leftmost = Math.min(...left.values());
  return new Map([...left].map(([id, x]) => [id, x - leftmost]));
}

/** Lines out of different boxes run on tracks of their own where they would touch; straight ones need none. */
function assignTracks(edges: readonly Edge[], centre: (id: string) => number): Map<string, number> {
  const spans = [...new Set(edges.map(({ from }) => from))].map((from) => {
    const ends = edges.filter((edge) => edge.from === from).map(({ to }) => centre(to));
    return { from, start: Math.min(centre(from), ...ends), end: Math.max(centre(from), ...ends), ends };
  });
  const tracks = new Map<string, number>();
  const rows: (typeof spans)[number][][] = [];
  const straight = (span: (typeof spans)[number]) => span.start === span.end;
  // A box above the end of another's line turns off before that line comes in.
  const order = [...spans].sort(
    (one, other) => Number(other.ends.includes(centre(one.from))) * -1 + Number(one.ends.includes(centre(other.from))),
  );
  for (const span of order) {
    if (straight(span)) {
      tracks.set(span.from, 0);
      continue;
    }
    let row = 0;
    while (rows[row]?.some((other) => span.start <= other.end && other.start <= span.end && !shareTheirEnd(span, other))) row++;
    (rows[row] ??= []).push(span);
    tracks.set(span.from, row);
  }
  return tracks;
}

function shareTheirEnd(
  { ends: [one, ...others] }: { ends: readonly number[] },
  { ends: [other, ...more] }: { ends: readonly number[] },
): boolean {
  return others.length === 0 && more.length === 0 && one === other;
}
