import type { Ansis } from "ansis";
import type { ObjectDocument } from "../../gateway/client.ts";
import { bytes, moment, number, printable } from "./format.ts";
import { coloured, receiptText } from "./state.ts";
import { failureLines } from "./trace.ts";

/** Names and values, the values under each other. */
export function details(pairs: readonly (readonly [name: string, value: string])[], paint: Ansis): string {
  const given = pairs.filter(([, value]) => value !== "");
  const width = Math.max(...given.map(([name]) => name.length));
  return given
    .map(([name, value]) => `${paint.dim(name.padEnd(width))}  ${value.replaceAll("\n", `\n${" ".repeat(width + 2)}`)}`)
    .join("\n");
}

/** The catalog's document of an object, for people. */
export function documentText(document: ObjectDocument, view: { readonly width: number; readonly paint: Ansis }): string {
  const { paint } = view;
  const other =
    Object.keys(document.other_data).length > 0
      ? JSON.stringify(document.other_data, undefined, 2).split("\n").map(printable).join("\n")
      : "";
  return details(
    [
      ["object", paint.bold(printable(`${document.container}/${document.key}`))],
      ["state", `${coloured(document.state, paint)} since ${moment(document.state_since)}`],
      [
        "content type",
        [document.content_type, document.declared_type && `said by the uploader: ${document.declared_type}`]
          .filter(Boolean)
          .map(String)
          .map(printable)
          .join("; "),
      ],
      ["size", `${bytes(document.size)} (${number(document.size)} bytes)`],
      ["store", printable(document.store)],
      ["version", printable(document.version)],
      ["checksum", printable(document.checksum)],
      ["put", `${moment(document.creation_date)}${document.swift_user && ` by ${printable(document.swift_user)}`}`],
      ["id", printable(document.swift_object_id)],
      ["project", printable(document.project)],
      ["application", printable(document.application)],
      ["processing", document.data_processing],
      ["processed by", document.dags.map(printable).join(", ")],
      ["written", document.receipts.map(receiptText).join("\n")],
      ["reason", document.reason ? failureLines(document.reason, "", { paint, width: view.width - 16 }).join("\n") : ""],
      ["operations", `${number(document.successful_count)} successful, ${number(document.failed_count)} failed`],
      ["other data", other],
      ["run", document.link ? paint.cyan(document.link) : ""],
    ],
    paint,
  );
}
