/** Where something stands in a file. Lines and columns count from 1. */
export type SourcePlace = { readonly file?: string; readonly line?: number; readonly column?: number };

const frame = /\(?((?:file:\/\/)?\/[^()]+?|[A-Za-z]:[^()]+?):(\d+):(\d+)\)?$/;

/** The places that an error's stack goes through, the innermost first; those inside of Node are left out. */
export function placesOf(stack: string | undefined): readonly Required<SourcePlace>[] {
  return (stack ?? "").split("\n").flatMap((line) => {
    const [, file, row, column] = /^\s+at /.test(line) ? (frame.exec(line) ?? []) : [];
    return file === undefined ? [] : [{ file: file.replace(/^file:\/\//, ""), line: Number(row), column: Number(column) }];
  });
}
