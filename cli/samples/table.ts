import { number, printable } from "../output/format.ts";
import type { Output } from "../output/output.ts";
import { mark, reasonText } from "../output/state.ts";
import { type Column, table } from "../output/table.ts";
import type { SampleOutcome } from "./run.ts";

type Row = {
  readonly sign: string;
  readonly object: string;
  readonly type: string;
  readonly dag: string;
  readonly count: string;
  readonly where: string;
};

/** One line for each place where data of a sample went, with how much the database holds of it. */
export function outcomeTable(outcomes: readonly SampleOutcome[], output: Pick<Output, "paint" | "width">): string {
  const { paint } = output;
  const columns: Column<Row>[] = [
    { title: "", value: ({ sign }) => sign },
    { title: "object", value: ({ object }) => object, flexible: true },
    { title: "content type", value: ({ type }) => (output.width === Infinity ? type : shortened(type)) },
    { title: "DAG", value: ({ dag }) => dag },
    { title: "read back", value: ({ count }) => count, align: "right" },
    { title: "where its data went", value: ({ where }) => where, flexible: true },
  ];
  return table(
    outcomes.flatMap((outcome) => rowsOf(outcome, paint)),
    columns,
    output,
  );
}

/** The end of a long content type is what is missed the least. */
function shortened(type: string): string {
  return type.length > 24 ? `${type.slice(0, 23)}…` : type;
}

function rowsOf({ sample, object, found, problems }: SampleOutcome, paint: Output["paint"]): readonly Row[] {
  const first = {
    sign: mark(problems.length === 0 ? "success" : "failed", paint),
    object: printable(`${sample.container}/${sample.key}`),
    type: printable(object?.content_type ?? ""),
    dag: object?.dags.map(printable).join(", ") ?? "",
  };
  const blank = { sign: "", object: "", type: "", dag: "" };
  const places = found.map(({ receipt, count }) => ({
    count: number(count),
    where: printable(`${receipt.what} in ${receipt.sink} ${receipt.where}`),
  }));
  const reason = object?.reason ? [{ count: "", where: `${object.state}: ${reasonText(object.reason)}` }] : [];
  const nowhere = { count: "", where: object ? `${object.state}: catalog only` : "not processed yet" };
  const lines = [...places, ...reason];
  return (lines.length > 0 ? lines : [nowhere]).map((line, index) => ({ ...(index === 0 ? first : blank), ...line }));
}

/** What did not become what it should have, as sentences. */
export function problemLines(outcomes: readonly SampleOutcome[]): readonly string[] {
  return outcomes.flatMap(({ sample, problems }) =>
    problems.length === 0 ? [] : [`${printable(`${sample.container}/${sample.key}`)}: ${problems.join("; ")}.`],
  );
}
