import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { z } from "zod";
import { lakePaths } from "../config.ts";
import { defaultPorts, type LakePorts, type PortName } from "./ports.ts";

const portNames = Object.keys(defaultPorts) as [PortName, ...PortName[]];

const stateSchema = z.object({
  /** Every `SLUICE_` variable by which other processes join the lake. */
  env: z.record(z.string(), z.string()),
  ports: z.record(z.enum(portNames), z.number()),
});

/** What is kept of a lake in its `lake.json`, secrets among it. */
export type LakeState = { readonly env: Readonly<Record<string, string>>; readonly ports: LakePorts };

export async function readState(home: string): Promise<LakeState | undefined> {
  const text = await readFile(lakePaths(home).state, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = stateSchema.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : undefined;
}

/** For its owner's eyes only, and never half written. */
export async function writeState(home: string, state: LakeState): Promise<void> {
  const { root, state: file } = lakePaths(home);
  await mkdir(root, { recursive: true });
  await writeFile(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

const secretNames = ["SLUICE_WEBHOOK_SECRETS", "SLUICE_API_TOKEN", "SLUICE_S3_ACCESS_KEY", "SLUICE_S3_SECRET_KEY"] as const;

/** The lake's secrets: made once, the same ever after. */
export function secretsOf(state: LakeState | undefined): Record<(typeof secretNames)[number], string> {
  const secret = () => randomBytes(24).toString("base64url");
  const fresh = {
    SLUICE_WEBHOOK_SECRETS: secret(),
    SLUICE_API_TOKEN: secret(),
    SLUICE_S3_ACCESS_KEY: "sluice",
    SLUICE_S3_SECRET_KEY: secret(),
  };
  for (const name of secretNames) fresh[name] = state?.env[name] ?? fresh[name];
  return fresh;
}
