import type { Ansis } from "ansis";
import type { Excerpt, FailureGroup, FailureGroups, QuarantinedDetail } from "../../gateway/client.ts";
import { details } from "./details.ts";
import { bytes, count, fold, moment, number, printable } from "./format.ts";
import { coloured } from "./state.ts";
import { failureLines } from "./trace.ts";

type View = { readonly width: number; readonly paint: Ansis };

/** Each cause with how often, since when, an example, and what to do. */
export function failuresText({ groups, objects, complete }: FailureGroups, view: View): string {
  const { paint } = view;
  const lines = groups.flatMap((group) => [...groupLines(group, view), ""]);
  const sum = `${count(objects, "object")} could not be processed, for ${count(groups.length, "reason")}.`;
  const partial = "The catalog could not look at everything in time: narrow it down with --container, or use a real MongoDB.";
  return [...lines, paint.dim(sum), ...(complete ? [] : [paint.yellow(partial)])].join("\n");
}

function groupLines(group: FailureGroup, { width, paint }: View): readonly string[] {
  const { example, objects, task, code } = group;
  const name = `${example.container}/${example.key}`;
  const span = objects === 1 ? moment(group.last) : `${moment(group.since)} to ${moment(group.last)}`;
  const tally = [group.states, group.containers, group.dags, group.types].map(tallyText).filter(Boolean).join(" · ");
  return [
    `${coloured("failed", paint, number(objects))} ${paint.bold(printable(code))}${task ? ` in ${printable(task)}` : ""}  ${paint.dim(span)}`,
    ...fold(printable(tally), width - 2).map((line) => `  ${paint.dim(line)}`),
    `  ${printable(name)}  ${paint.dim(printable(example.content_type))}`,
    ...failureLines(example.reason, "    ", { width, paint }),
    ...nextOf(group).map(({ to, command }) => `  ${paint.dim(to.padEnd(4))}  ${paint.cyan(command)}`),
  ];
}

/** What to do about a group, as commands: look at an example, then process all again, or drop them. */
export function nextOf({ example, fingerprint, states }: FailureGroup): readonly { readonly to: string; readonly command: string }[] {
  const name = quoted(`${example.container}/${example.key}`);
  const dropped = (states["quarantined"] ?? 0) > 0;
  return [
    { to: "look", command: example.state === "quarantined" ? `sluice quarantine show ${name}` : `sluice trace ${name}` },
    { to: "then", command: `sluice reprocess --fingerprint ${quoted(fingerprint)}` },
    ...(dropped ? [{ to: "or", command: `sluice quarantine drop --fingerprint ${quoted(fingerprint)}` }] : []),
  ];
}

/** `campus 290, cloud 10`: the most frequent first. */
function tallyText(counts: { readonly [name: string]: number }): string {
  const entries = Object.entries(counts).sort(([, one], [, other]) => other - one);
  const shown = entries.slice(0, 4).map(([name, amount]) => `${name || "–"} ${number(amount)}`);
  return [...shown, ...(entries.length > 4 ? [`${number(entries.length - 4)} more`] : [])].join(", ");
}

/** An object in quarantine: why, and the piece of it that is wrong. */
export function quarantinedText(entry: QuarantinedDetail, view: View): string {
  const { paint, width } = view;
  const { container, key, reason, excerpt } = entry;
  const name = `${container}/${key}`;
  const facts = details(
    [
      ["object", paint.bold(printable(name))],
      [
        "content type",
        [entry.content_type, entry.declared_type && `said by the uploader: ${entry.declared_type}`]
          .filter(Boolean)
          .map(String)
          .map(printable)
          .join("; "),
      ],
      ["size", bytes(entry.size)],
      ["since", moment(entry.since)],
      ["dag", printable([entry.dag, entry.task].filter(Boolean).join(", "))],
      ["processing", entry.data_processing],
      ["other data", Object.keys(entry.other_data).length > 0 ? printable(JSON.stringify(entry.other_data)) : ""],
      ["run", paint.cyan(entry.link)],
    ],
    paint,
  );
  const next = [
    `sluice quarantine release ${quoted(name)} --wait`,
    `sluice quarantine release ${quoted(name)} --as text/csv --metadata '{…}' --template '{…}' --wait`,
    `sluice quarantine drop ${quoted(name)}`,
  ];
  return [
    facts,
    "",
    ...failureLines(reason, "  ", { width, paint }),
    ...(excerpt ? ["", ...excerptLines(excerpt, view)] : []),
    ...(entry.excerpt_problem ? ["", `  ${paint.dim(printable(`Nothing to show of it: ${entry.excerpt_problem}`))}`] : []),
    "",
    ...next.map((command) => `  ${paint.cyan(command)}`),
  ].join("\n");
}

function excerptLines({ lines, approximate }: Excerpt, { width, paint }: View): readonly string[] {
  const digits = Math.max(...lines.map((line) => String(line.number ?? "").length));
  const shown = lines.map(({ number: at, text, marked }) => {
    const line = `${marked ? "▸" : " "} ${String(at ?? "").padStart(digits)} │ ${printable(text)}`.slice(0, width - 2);
    return `  ${marked ? paint.yellow(line) : paint.dim(line)}`;
  });
  return approximate ? [...shown, `  ${paint.dim("(line reckoned from the row)")}`] : shown;
}

/** As a shell takes it: fingerprints and keys may hold anything. */
function quoted(text: string): string {
  return /^[\w./:@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
