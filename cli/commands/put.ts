import { Command } from "commander";
import type { GatewayClient, ObjectSummary, Upload, UploadMetadata } from "../../gateway/client.ts";
import { isSluiceError, terminal } from "../../sdk/contracts/errors.ts";
import { contentType, jsonObject, place, positive } from "../arguments.ts";
import { connectGateway } from "../gateway.ts";
import { bytes, count, fold, number, printable } from "../output/format.ts";
import { createOutput, type Output } from "../output/output.ts";
import { showProgress } from "../output/progress.ts";
import { mark, outcomeText } from "../output/state.ts";
import { skippedText } from "../put/folder.ts";
import { findSources, type Source } from "../put/sources.ts";
import { inParallel, uploadFile } from "../put/upload.ts";
import { lookAtUploads } from "../wait/outcomes.ts";
import { createWatch } from "../wait/watch.ts";

type Options = {
  readonly to: string;
  readonly key?: string;
  readonly type?: string;
  readonly metadata?: string;
  readonly template?: string;
  readonly project?: string;
  readonly application?: string;
  readonly user?: string;
  readonly custom?: boolean;
  readonly wait?: boolean;
  readonly timeout: number;
  readonly concurrency: number;
  readonly json?: boolean;
};

/** What became of one file. */
type Entry = { readonly file: string; readonly key: string; upload?: Upload; object?: ObjectSummary; error?: string };

export function putCommand(): Command {
  return new Command("put")
    .description("put files into the lake")
    .argument("<file|folder|glob...>", "what to put; the paths in a folder become the keys")
    .requiredOption("--to <container[/prefix]>", "where to")
    .option("--key <key>", "the exact key, for one file")
    .option("--type <type>", "content type; otherwise it is guessed by name and content", contentType("--type"))
    .option("--metadata <json|@file>", "other_data of the catalog document, e.g. image_content")
    .option("--template <json|@file>", "template for JSON to time series: measurement, time, fields, tags")
    .option("--project <name>", "project that the objects belong to")
    .option("--application <name>", "what the data is for")
    .option("--user <name>", "who puts them")
    .option("--custom", "ask for custom processing")
    .option("--wait", "wait until each is processed, and report it")
    .option("--timeout <seconds>", "with --wait: the longest wait", positive("--timeout"), 600)
    .option("--concurrency <n>", "files at once", positive("--concurrency"), 8)
    .option("--json", "print one JSON value")
    .action(put);
}

async function put(named: readonly string[], options: Options): Promise<void> {
  const output = createOutput(options);
  const client = await connectGateway();
  const { container, prefix } = place(options.to);
  const metadata = metadataOf(options);
  const found = await findSources(named, prefix);
  const sources = renamed(found.sources, options.key);
  await refuseUnknown(client, container);
  const entries = await send(client, output, { container, metadata, sources, options });
  const failed = entries.filter(({ error, object }) => error !== undefined || (options.wait && object?.state !== "processed"));
  const total = sources.reduce((sum, { size }) => sum + size, 0);
  if (entries.length > 1 || !options.wait) {
    const went =
      failed.length === 0
        ? count(entries.length, "object")
        : `${number(entries.length - failed.length)} of ${count(entries.length, "object")}`;
    output.note(`${went} ${options.wait ? "processed" : "put"}, ${bytes(total)} in all.`);
    if (entries.some(({ object }) => object?.reason))
      output.note(`Why, cause by cause, and what to do: sluice failures --container ${container}`);
  }
  if (found.skipped.length > 0) output.note(`Left out: ${skippedText(found.skipped)}. Name them to put them too.`);
  output.result({ ok: failed.length === 0, objects: entries.map((entry) => shown(container, entry)), skipped: found.skipped });
  if (failed.length > 0) process.exitCode = 1;
}

async function send(
  client: GatewayClient,
  output: Output,
  of: { container: string; metadata: UploadMetadata; sources: readonly Source[]; options: Options },
): Promise<readonly Entry[]> {
  const { container, metadata, sources, options } = of;
  const entries = new Map<Source, Entry>(sources.map((source) => [source, { file: source.file, key: source.key }]));
  const byUpload = new Map<Upload, Entry>();
  using progress = showProgress(
    output,
    sources.reduce((sum, { size }) => sum + size, 0),
  );
  const say = (state: string, key: string, text: string) =>
    progress.print(fold(`${mark(state, output.paint)} ${printable(`${container}/${key}`)}  ${text}`, output.width - 2).join("\n  "));

  const told = new Set<string>();
  // To people a reason is told once; a program that reads along gets it each time.
  const outcome = (object: ObjectSummary) => {
    const { state, reason } = object;
    if (!reason || !told.has(reason.fingerprint) || output.width === Infinity) {
      if (reason) told.add(reason.fingerprint);
      return outcomeText(object);
    }
    return `${state}: ${printable(reason.code)}`;
  };
  let toldToWait = false;
  const onWait = (seconds: number) => {
    if (toldToWait) return;
    toldToWait = true;
    progress.note(
      `${container} may take only so much a second (SLUICE_TENANTS): this goes on in ${seconds} s, and as its limit allows from then on.`,
    );
  };

  const watch = createWatch({
    look: lookAtUploads(client),
    timeout: options.timeout * 1000,
    onOutcome(object: ObjectSummary, upload: Upload) {
      const entry = byUpload.get(upload);
      if (entry) entry.object = object;
      say(object.state, upload.key, outcome(object));
    },
  });

  await inParallel(sources, options.concurrency, async (source) => {
    const entry = entries.get(source);
    if (!entry) return;
    try {
      const upload = await uploadFile(client, source, { container, metadata, onBytes: progress.advance, onWait });
      entry.upload = upload;
      byUpload.set(upload, entry);
      if (options.wait) watch.add(upload);
      else say("success", source.key, bytes(upload.size));
    } catch (error) {
      if (!isSluiceError(error) || error.code === "GATEWAY_UNREACHABLE") throw error;
      entry.error = error.message;
      say("failed", source.key, printable(error.message));
    }
  });
  for (const late of await watch.finish()) {
    const entry = byUpload.get(late);
    const message = `not processed within ${options.timeout} s; \`sluice trace\` says where it is.`;
    if (entry) entry.error = message;
    say("waiting", late.key, message);
  }
  return [...entries.values()];
}

function metadataOf({ type, metadata, template, project, application, user, custom }: Options): UploadMetadata {
  const other = {
    ...(metadata !== undefined && jsonObject("--metadata", metadata)),
    ...(template !== undefined && { template: jsonObject("--template", template) }),
  };
  return {
    ...(type !== undefined && { declared_type: type }),
    ...(project !== undefined && { project }),
    ...(application !== undefined && { application }),
    ...(user !== undefined && { swift_user: user }),
    ...(custom && { data_processing: "custom" as const }),
    ...(Object.keys(other).length > 0 && { other_data: other }),
  };
}

function renamed(sources: readonly Source[], key: string | undefined): readonly Source[] {
  if (key === undefined) return sources;
  const [source, ...rest] = sources;
  if (source && rest.length === 0) return [{ ...source, key }];
  throw terminal("WRONG_ARGUMENT", `--key is for one file, found ${sources.length}. Leave it out, or put them one by one.`);
}

/** One sentence at the start is better than the same failure for each of a thousand files. */
async function refuseUnknown(client: GatewayClient, container: string): Promise<void> {
  const known = (await client.containers()).map(({ name }) => name);
  if (known.includes(container)) return;
  throw terminal(
    "NO_SUCH_CONTAINER",
    `The lake has no landing container "${container}". It has ${known.join(", ") || "none"}; SLUICE_CONTAINERS names them.`,
  );
}

function shown(container: string, { file, key, upload, object, error }: Entry) {
  return { file, container, key, ...upload, ...object, ...(error !== undefined && { error }) };
}
