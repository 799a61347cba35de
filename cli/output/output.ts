import { Ansis } from "ansis";

/** Where a command says things: results on stdout, everything else on stderr. */
export type Output = {
  readonly json: boolean;
  /** Columns of the terminal; Infinity where stdout is none: nothing is cut for a program that reads it. */
  readonly width: number;
  /** Colours, only on a terminal and not against NO_COLOR. */
  readonly paint: Ansis;
  /** For people; silent with `--json`. */
  readonly print: (text: string) => void;
  /** The one JSON value of `--json`; silent without it. */
  readonly result: (value: unknown) => void;
  /** Beside the matter: progress, hints. Always on stderr. */
  readonly note: (text: string) => void;
  /** A terminal on stderr, for progress bars; undefined where there is none. */
  readonly terminal: NodeJS.WriteStream | undefined;
};

export function createOutput(options: { readonly json?: boolean | undefined }, streams: Streams = process): Output {
  const { stdout, stderr } = streams;
  const json = options.json ?? false;
  return {
    json,
    width: stdout.isTTY ? stdout.columns || 80 : Infinity,
    paint: stdout.isTTY || process.env["FORCE_COLOR"] ? new Ansis() : new Ansis(0),
    print: (text) => void (json || stdout.write(`${text}\n`)),
    result: (value) => void (json && stdout.write(`${JSON.stringify(value, undefined, 2)}\n`)),
    note: (text) => void stderr.write(`${text}\n`),
    terminal: stderr.isTTY ? stderr : undefined,
  };
}

type Streams = { readonly stdout: NodeJS.WriteStream; readonly stderr: NodeJS.WriteStream };
