import type { Ansis } from "ansis";
import stringWidth from "string-width";
import type { Plan } from "../../sdk/plan/plan.ts";
import { graphOf, type Vertex } from "./graph.ts";
import { layOut, type Point } from "./layout.ts";

export type View = { readonly width: number; readonly paint: Ansis };

/** Sides that a line leaves a character by. */
const [up, down, left, right] = [1, 2, 4, 8];
const lineCharacters = [" ", "│", "│", "│", "─", "┘", "┐", "┤", "─", "└", "┌", "├", "─", "┴", "┬", "┼"];
const colours = { object: "cyan", task: "white", integrator: "green", match: "yellow", map: "magenta", after: "red" } as const;
const circled = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳";
const widest = [36, 28, 22, 18, 14];

/** A plan as boxes and lines, from the object at the top to the sinks; boxes get narrower where the view is narrow. */
export function drawPlan(plan: Plan, { width, paint }: View): string {
  const graph = graphOf(plan);
  const labels = new Map(graph.edges.filter(({ label }) => label).map(({ to, label }) => [to, label as string]));
  const attempts = widest.map((limit) => {
    const boxes = new Map(graph.vertices.map((vertex) => [vertex.id, boxOf(vertex, labels.get(vertex.id) ?? "", limit)]));
    const sizes = new Map([...boxes].map(([id, lines]) => [id, { width: stringWidth(lines[0] ?? ""), height: lines.length }]));
    return () => ({ boxes, layout: layOut(sizes, graph.edges) });
  });
  const drawn =
    attempts.map((attempt) => attempt()).find(({ layout }) => layout.width <= width) ?? (attempts.at(-1) as (typeof attempts)[number])();
  const picture = render(drawn.boxes, drawn.layout, new Map(graph.vertices.map((vertex) => [vertex.id, vertex])), paint);
  const legend = graph.stages.map((nodes, index) => paint.dim(`${mark(index + 1)} run together in one activity: ${nodes.join(", ")}`));
  const heading = `${paint.bold(plan.dag)}  ${paint.dim(plan.on.map(showArrival).join(" | "))}`;
  return [heading, "", picture, ...(legend.length > 0 ? ["", ...legend] : [])].join("\n");
}

/** A box's lines: its branch in the top border, its stage in the bottom one. */
function boxOf({ title, detail, stage }: Vertex, label: string, limit: number): string[] {
  const texts = [title, detail].filter(Boolean).map((text) => cut(text, limit - 4));
  const name = label && ` ${cut(label, limit - 5)} `;
  const number = stage === undefined ? "" : ` ${mark(stage)} `;
  const inner = Math.max(...texts.map((text) => stringWidth(text) + 2), stringWidth(name) + 1, stringWidth(number) + 1);
  return [
    `┌${name && "─"}${name}${"─".repeat(inner - stringWidth(name) - (name ? 1 : 0))}┐`,
    ...texts.map((text) => `│ ${text}${" ".repeat(inner - 1 - stringWidth(text))}│`),
    `└${"─".repeat(inner - stringWidth(number) - (number ? 1 : 0))}${number}${number && "─"}┘`,
  ];
}

function render(
  boxes: ReadonlyMap<string, readonly string[]>,
  { boxes: places, lines, width, height }: ReturnType<typeof layOut>,
  vertices: ReadonlyMap<string, Vertex>,
  paint: Ansis,
): string {
  const sides = new Map<string, number>();
  const arrows = new Set<string>();
  const at = ({ x, y }: Point) => `${x},${y}`;
  const add = (x: number, y: number, side: number) => sides.set(`${x},${y}`, (sides.get(`${x},${y}`) ?? 0) | side);
  const tops = new Set([...places].map(([id, { x, y }]) => `${x + Math.floor(stringWidth(boxes.get(id)?.[0] ?? "") / 2)},${y - 1}`));
  for (const points of lines) {
    points.slice(1).forEach((end, index) => connect(points[index] as Point, end, add));
    const [first, last] = [points[0] as Point, points.at(-1) as Point];
    add(first.x, first.y, up);
    add(last.x, last.y, down);
    if (tops.has(at(last))) arrows.add(at(last));
  }
  const boxesAt = (y: number) =>
    [...places]
      .filter(([id, place]) => y >= place.y && y < place.y + (boxes.get(id)?.length ?? 0))
      .sort(([, one], [, other]) => one.x - other.x);
  const line = (from: number, to: number, y: number) =>
    Array.from({ length: Math.max(to - from, 0) }, (_, offset) =>
      arrows.has(`${from + offset},${y}`) ? "▼" : lineCharacters[sides.get(`${from + offset},${y}`) ?? 0],
    ).join("");
  const rows = Array.from({ length: height }, (_, y) => {
    let row = "";
    let x = 0;
    for (const [id, place] of boxesAt(y)) {
      const text = boxes.get(id)?.[y - place.y] ?? "";
      row += paint.dim(line(x, place.x, y)) + paintBox(text, y - place.y, vertices.get(id), paint);
      x = place.x + stringWidth(text);
    }
    return row + paint.dim(line(x, width, y).trimEnd());
  });
  return rows.join("\n");
}

function connect(from: Point, to: Point, add: (x: number, y: number, side: number) => void): void {
  const [dx, dy] = [Math.sign(to.x - from.x), Math.sign(to.y - from.y)];
  const [out, into] = dx !== 0 ? (dx > 0 ? [right, left] : [left, right]) : [down, up];
  for (let { x, y } = from; x !== to.x || y !== to.y; x += dx, y += dy) {
    add(x, y, out);
    add(x + dx, y + dy, into);
  }
}

function paintBox(text: string, line: number, vertex: Vertex | undefined, paint: Ansis): string {
  const colour = paint[colours[vertex?.kind ?? "task"]];
  if (line === 1) return colour("│") + paint.bold(text.slice(1, -1)) + colour("│");
  return text.startsWith("│") ? colour("│") + paint.dim(text.slice(1, -1)) + colour("│") : colour(text);
}

function showArrival({ container, key, types, dataProcessing, priority }: Plan["on"][number]): string {
  const parts = [
    container.join(", "),
    key.join() === "**" ? "" : key.join(", "),
    types.join(", "),
    dataProcessing ?? "",
    priority === 0 ? "" : `priority ${priority}`,
  ];
  return parts.filter(Boolean).join(" · ");
}

function mark(stage: number): string {
  return circled[stage - 1] ?? `(${stage})`;
}

function cut(text: string, limit: number): string {
  return text.length > limit ? `${text.slice(0, Math.max(limit - 1, 1))}…` : text;
}
