import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Launch } from "./recipe.ts";
import type { RunTool } from "./tools.ts";

/** Builds a Go program into `into`, without debugging information and without C. */
export function goInstall(module: string): (into: string, run: RunTool) => Promise<void> {
  return async (into, run) => {
    await run("go", ["install", "-trimpath", "-ldflags", "-s -w", module], {
      cwd: into,
      env: { GOBIN: into, CGO_ENABLED: "0" },
    });
  };
}

const dependencyPlugin = "org.apache.maven.plugins:maven-dependency-plugin:3.11.0";

export type JavaServer = {
  readonly version: string;
  readonly build: (into: string, run: RunTool) => Promise<void>;
  readonly artefact: string;
  readonly launch: (folder: string, jvm: readonly string[], args: readonly string[]) => Launch;
};

/** A server made of jars from Maven and one main class, both described in the folder `java/<name>` beside this file. */
export function javaServer(name: string, version: string, mainClass: string): JavaServer {
  const source = fileURLToPath(new URL(`./java/${name}/`, import.meta.url));
  const files = ["pom.xml", `${mainClass}.java`] as const;
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(join(source, file)));

  return {
    version: `${version}-${hash.digest("hex").slice(0, 8)}`,
    artefact: "classes",
    async build(into, run) {
      for (const file of files) await copyFile(join(source, file), join(into, file));
      await run("mvn", ["-B", "-q", `${dependencyPlugin}:copy-dependencies`, "-DoutputDirectory=jars", "-DincludeScope=runtime"], {
        cwd: into,
      });
      await mkdir(join(into, "classes"));
      await run("javac", ["-proc:none", "-cp", join("jars", "*"), "-d", "classes", `${mainClass}.java`], { cwd: into });
    },
    launch: (classes, jvm, args) => ({
      command: "java",
      args: [...jvm, "-cp", [classes, join(classes, "..", "jars", "*")].join(delimiter), mainClass, ...args],
    }),
  };
}
