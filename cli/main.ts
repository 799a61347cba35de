import { Console } from "node:console";
import { syncBuiltinESMExports } from "node:module";
import { Command } from "commander";
import { isUnderway } from "./interruption.ts";
import { reportError } from "./output/error.ts";

type Entry = { readonly name: string; readonly description: string; readonly load: () => Promise<Command> };

/** Each command's module is loaded only when it is asked for: the help of `sluice` is there at once. */
const commands: readonly Entry[] = [
  {
    name: "start",
    description: "start the lake, put the sample objects, and stay",
    load: async () => (await import("./commands/start.ts")).startCommand(),
  },
  { name: "up", description: "start the local lake", load: async () => (await import("./commands/up.ts")).upCommand() },
  { name: "down", description: "stop the local lake", load: async () => (await import("./commands/down.ts")).downCommand() },
  {
    name: "status",
    description: "say how the lake is: its parts, arrivals and DAGs",
    load: async () => (await import("./commands/status.ts")).statusCommand(),
  },
  {
    name: "doctor",
    description: "check each server, and say what to do",
    load: async () => (await import("./commands/doctor.ts")).doctorCommand(),
  },
  { name: "put", description: "put files into the lake", load: async () => (await import("./commands/put.ts")).putCommand() },
  {
    name: "get",
    description: "get the content of an object, as it was put",
    load: async () => (await import("./commands/get.ts")).getCommand(),
  },
  { name: "ls", description: "list containers, or the objects of one", load: async () => (await import("./commands/ls.ts")).lsCommand() },
  {
    name: "show",
    description: "show what the catalog knows of an object",
    load: async () => (await import("./commands/show.ts")).showCommand(),
  },
  {
    name: "trace",
    description: "show what happened to an object, task by task",
    load: async () => (await import("./commands/trace.ts")).traceCommand(),
  },
  {
    name: "reprocess",
    description: "process objects again, some or many",
    load: async () => (await import("./commands/reprocess.ts")).reprocessCommand(),
  },
  {
    name: "replay",
    description: "lead today's workflow code through recorded runs",
    load: async () => (await import("./commands/replay.ts")).replayCommand(),
  },
  {
    name: "failures",
    description: "show why objects could not be processed, cause by cause",
    load: async () => (await import("./commands/failures.ts")).failuresCommand(),
  },
  {
    name: "quarantine",
    description: "what was put aside: look at it, release it, drop it",
    load: async () => (await import("./commands/quarantine.ts")).quarantineCommand(),
  },
  {
    name: "forget",
    description: "remove everything that was ever made of an object",
    load: async () => (await import("./commands/forget.ts")).forgetCommand(),
  },
  {
    name: "reconcile",
    description: "compare the stores with the catalog, and process what no webhook announced",
    load: async () => (await import("./commands/reconcile.ts")).reconcileCommand(),
  },
  {
    name: "catalog",
    description: "back the catalog up, restore it, make a lost one anew",
    load: async () => (await import("./commands/catalog.ts")).catalogCommand(),
  },
  { name: "dags", description: "check, list, draw and test DAGs", load: async () => (await import("./commands/dags.ts")).dagsCommand() },
];

/** The `sluice` command. Sets the exit code: 0 only when what was asked for is true. */
async function main(words: readonly string[] = process.argv.slice(2)): Promise<void> {
  quitWhenNobodyReads();
  keepStdoutForResults();
  try {
    const program = await assemble(words);
    await program.parseAsync([...words], { from: "user" });
  } catch (error) {
    reportError(error, { json: words.includes("--json") });
    process.exitCode = 1;
  }
}

async function assemble(words: readonly string[]): Promise<Command> {
  const { default: about } = await import("sluice/package.json", { with: { type: "json" } });
  const program = new Command("sluice")
    .description(about.description)
    .version(about.version)
    .showHelpAfterError("Run it with --help for what it takes.");
  const asked = words.find((word) => !word.startsWith("-") && word !== "help");
  for (const { name, description, load } of commands) {
    program.addCommand(name === asked ? (await load()).copyInheritedSettings(program) : new Command(name).description(description));
  }
  return program;
}

/** `sluice ls | head` is no failure; a lake that is up is stopped in order though its terminal has gone. */
function quitWhenNobodyReads(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
      if (stream === process.stdout && !isUnderway()) process.exit();
    });
  }
}

/** What DAG files print as they are loaded or tried is beside the matter: the command's own results do not go by `console`. */
function keepStdoutForResults(): void {
  Object.assign(console, new Console(process.stderr, process.stderr));
  syncBuiltinESMExports();
}

await main();
