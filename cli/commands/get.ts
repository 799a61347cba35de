import { createWriteStream } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { Command } from "commander";
import { terminal } from "../../sdk/contracts/errors.ts";
import { objectName } from "../arguments.ts";
import { connectGateway } from "../gateway.ts";
import { bytes, printable } from "../output/format.ts";
import { createOutput } from "../output/output.ts";

type Options = { readonly output?: string; readonly json?: boolean };

export function getCommand(): Command {
  return new Command("get")
    .description("get the content of an object, as it was put")
    .argument("<container/key>", "the object")
    .option("-o, --output <file|folder>", "where to; otherwise to stdout")
    .option("--json", "print one JSON value; needs --output")
    .action(get);
}

async function get(named: string, options: Options): Promise<void> {
  const output = createOutput(options);
  const { container, key } = objectName(named);
  if (options.json && options.output === undefined) {
    throw terminal("WRONG_ARGUMENT", "With --json stdout is for the JSON: say with --output where the content goes.");
  }
  const response = await (await connectGateway()).get(container, key);
  const content = Readable.fromWeb((response.body ?? new Blob([]).stream()) as ReadableStream<Uint8Array>);
  if (options.output === undefined) {
    await pipeline(content, process.stdout, { end: false });
    return;
  }
  const file = await fileFor(options.output, key);
  const size = await writeWhole(content, file);
  output.note(`${printable(named)} is in ${file}, ${bytes(size)}.`);
  output.result({
    container,
    key,
    file,
    size,
    content_type: response.headers.get("Content-Type"),
    version: response.headers.get("Sluice-Version"),
  });
}

/** A folder that is named with a slash at its end, or is there; else a file. The folders that are missing are made. */
async function fileFor(output: string, key: string): Promise<string> {
  const known = await stat(output).catch(() => undefined);
  const file = known?.isDirectory() || /[/\\]$/.test(output) ? join(output, basename(key)) : output;
  await mkdir(dirname(file), { recursive: true }).catch((cause: Error) => {
    throw terminal("WRONG_ARGUMENT", `--output: the folder ${dirname(file)} cannot be made: ${cause.message}. Name another place.`, {
      cause,
    });
  });
  return file;
}

/** A file that is there is whole: it gets its name once all of it is written. */
async function writeWhole(content: Readable, file: string): Promise<number> {
  const part = `${file}.${process.pid}.part`;
  const target = createWriteStream(part);
  try {
    await pipeline(content, target);
    await rename(part, file);
    return target.bytesWritten;
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
