import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { terminal } from "../../sdk/contracts/errors.ts";
import { readEnvironment } from "../../infra/config.ts";
import type { DagSummary } from "../../gateway/client.ts";
import { connectGateway } from "../gateway.ts";
import { createOutput } from "../output/output.ts";
import { shippedNames } from "./folders.ts";

export type NewOptions = { readonly dir: string; readonly json?: boolean };

/** Writes a DAG file that works as it is, and what editors need to know its types. Overwrites nothing. */
export async function newDag(name: string, options: NewOptions): Promise<void> {
  const output = createOutput(options);
  if (!/^[a-z][a-z0-9-]{0,63}$/.test(name)) {
    throw terminal(
      "WRONG_DAG_NAME",
      `Found the name "${name}"; expected up to 64 of a–z, 0–9 and "-", beginning with a letter, e.g. roof-sensors.`,
    );
  }
  if ((await shippedNames()).includes(name)) {
    throw terminal(
      "WRONG_DAG_NAME",
      `A DAG "${name}" ships with Sluice. Choose another name, e.g. my-${name}; \`sluice dags list\` lists those taken.`,
    );
  }
  const folder = resolve(options.dir);
  const file = join(folder, `${name}.ts`);
  const taken = await inForce(name);
  if (taken && taken.file !== file)
    output.note(
      `The lake has a DAG "${name}" in force already, from ${taken.file}: of two with one name, only one can be. Rename one of them.`,
    );
  await mkdir(folder, { recursive: true });
  await writeFile(file, dagText(name), { flag: "wx" }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "EEXIST") throw cause;
    throw terminal("FILE_EXISTS", `${file} is there already. Choose another name, or another folder with --dir.`, { cause });
  });
  const sample = join(folder, "samples", `${name}.csv`);
  await mkdir(dirname(sample), { recursive: true });
  const written = [file, ...(await writeNew(sample, sampleText)), ...(await writeNew(join(folder, "tsconfig.json"), tsconfigText(folder)))];
  const here = (path: string) => relative("", path) || ".";
  output.result({ files: written });
  output.print(written.map((path) => `wrote ${here(path)}`).join("\n"));
  output.print(
    [
      "",
      "Try it:",
      `  sluice dags check ${here(file)}`,
      `  sluice dags test ${name} ${here(sample)} --dags ${here(folder)}`,
      ...(existsSync(readEnvironment().SLUICE_HOME)
        ? []
        : [
            "Say which lake it is for, where that is not one in this folder:",
            "  export SLUICE_HOME=…    # `sluice up` and `npm start` print it",
          ]),
      "Put it in force; workers pick up every change of the folder within seconds:",
      `  sluice up --dags ${here(folder)}`,
      `  sluice put ${here(sample)} --to campus/${name} --wait`,
    ].join("\n"),
  );
}

/** The DAG of that name in the lake that the environment names, where there is one that answers. */
async function inForce(name: string): Promise<DagSummary | undefined> {
  const known = async () => (await (await connectGateway()).dagList(AbortSignal.timeout(2_000))).dags;
  return (await known().catch(() => [])).find((dag) => dag.name === name);
}

async function writeNew(file: string, text: string): Promise<string[]> {
  try {
    await writeFile(file, text, { flag: "wx" });
    return [file];
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "EEXIST") return [];
    throw thrown;
  }
}

const sampleText = "sensor,time,value\nroof,2026-01-01T00:00:00Z,21.5\nyard,2026-01-01T00:00:00Z,4.2\n";

function dagText(name: string): string {
  return `import { arrival, dag, mime, object, rows, task, terminal } from "sluice/sdk";
import { influxPoints } from "sluice/integrators";
import { csvRows } from "sluice/parsing";
import { z } from "zod";

// What one row is. Every row is checked against it.
const Reading = z.object({ sensor: z.string(), time: z.coerce.date(), value: z.number() });

export const parseReadings = task({
  name: "parse-${name}",
  in: object,
  out: rows(Reading),
  async *run(object) {
    let row = 0;
    for await (const { sensor, time, value } of csvRows(object)) {
      row++;
      // The input is wrong, not the world: no retry, the object goes to quarantine with this sentence.
      if (!sensor) throw terminal("NO_SENSOR", \`Row \${row} has no sensor. Fill the column "sensor".\`, { place: { row, field: "sensor" } });
      yield { sensor, time, value: Number(value) };
    }
  },
});

export default dag({
  name: "${name}",
  // Which objects it takes. \`key: "roof/**"\` would narrow it further.
  on: arrival({ container: "campus", types: [mime.csv], key: "${name}/**" }),
  flow(object) {
    influxPoints(parseReadings(object), { measurement: "${name}", tags: ["sensor"], time: "time" });
  },
});
`;
}

/** Paths to the running Sluice, so that types are there without an installation beside the file. */
function tsconfigText(folder: string): string {
  const source = import.meta.url.endsWith(".ts");
  const at = (path: string) =>
    relative(folder, fileURLToPath(new URL(source ? `../../${path}.ts` : `../../${path}.d.ts`, import.meta.url)));
  const packages = fileURLToPath(new URL(source ? "../../node_modules" : "../../../..", import.meta.url));
  const paths = {
    "sluice/sdk": [dotted(at("sdk/index"))],
    "sluice/integrators": [dotted(at("sdk/integrators"))],
    "sluice/parsing": [dotted(at("dags/parsing/index"))],
    "sluice/testing": [dotted(at("sdk/testing/index"))],
    zod: [dotted(relative(folder, join(packages, "zod")))],
    "*": ["./node_modules/*", dotted(`${relative(folder, packages)}/*`)],
  };
  const compilerOptions = {
    target: "es2024",
    module: "nodenext",
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    erasableSyntaxOnly: true,
    types: [] as string[],
    paths,
  };
  return `${JSON.stringify({ compilerOptions, include: ["**/*.ts"] }, undefined, 2)}\n`;
}

const dotted = (path: string) => (path.startsWith(".") ? path : `./${path}`);
