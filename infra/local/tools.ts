import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { execa, type ExecaError } from "execa";
import { terminal } from "../../sdk/contracts/errors.ts";

/** What helps where a tool is missing. */
const remedies: { readonly [tool: string]: string } = {
  go: "Install Go 1.24 or newer (Debian: `apt-get install golang`, or https://go.dev/dl)",
  mvn: "Install Maven (Debian: `apt-get install maven`)",
  java: "Install a JDK, 17 or newer (Debian: `apt-get install default-jdk-headless`)",
  javac: "Install a JDK, 17 or newer (Debian: `apt-get install default-jdk-headless`)",
  "apt-get": "Install InfluxDB 1.x so that `influxd` is on the PATH",
  "dpkg-deb": "Install InfluxDB 1.x so that `influxd` is on the PATH",
};

export type ToolOptions = { readonly cwd: string; readonly env?: Readonly<Record<string, string>> };

/** Runs a program to its end and returns what it wrote to stdout. */
export type RunTool = (tool: string, args: readonly string[], options: ToolOptions) => Promise<string>;

/** Tools for building the server `title`; `variable` is how an existing one is named instead. */
export function createToolRunner(title: string, variable: string, signal?: AbortSignal): RunTool {
  return async (tool, args, options) => {
    try {
      const { stdout } = await execa(tool, args, { ...options, stdin: "ignore", ...(signal && { cancelSignal: signal }) });
      return stdout;
    } catch (thrown) {
      const error = thrown as ExecaError;
      signal?.throwIfAborted();
      const instead = `or put the address of an existing ${title} into ${variable}.`;
      if (error.code === "ENOENT") {
        throw terminal(
          "TOOL_MISSING",
          `${title} is neither running nor installed, and to build it \`${tool}\` is needed, which is not on the PATH. ` +
            `${remedies[tool] ?? `Install \`${tool}\``}, ${instead}`,
          { cause: error },
        );
      }
      throw terminal(
        "BUILD_FAILED",
        `${title} could not be built: \`${tool} ${args.join(" ")}\` ended with code ${error.exitCode ?? error.signal}:\n` +
          `${lastLines(String(error.stderr || error.stdout || error.shortMessage), 12)}\n` +
          `Check that the package registries can be reached and try again, ${instead}`,
        { cause: error },
      );
    }
  };
}

export function lastLines(text: string, count: number): string {
  return text.trimEnd().split("\n").slice(-count).join("\n");
}

/** The full path of a program on the PATH, if it is there. */
export async function onPath(program: string): Promise<string | undefined> {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter).filter(Boolean)) {
    const path = join(folder, program);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}
