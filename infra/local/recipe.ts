import type { Environment } from "../config.ts";
import type { LakePorts, PortName } from "./ports.ts";
import type { RunTool } from "./tools.ts";

export const serverNames = ["temporal", "minio", "mongo", "influxdb", "neo4j", "versitygw"] as const;
export type ServerName = (typeof serverNames)[number];

/** The settings that name a server. */
export type AddressVariable = "SLUICE_TEMPORAL_ADDRESS" | "SLUICE_S3_URL" | "SLUICE_MONGO_URL" | "SLUICE_INFLUX_URL" | "SLUICE_NEO4J_URL";

/** A program to run: what stands on its command line, and what it needs in its environment beside that. */
export type Launch = {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
};

export type LaunchSettings = {
  /** Where the recipe's program is. */
  readonly program: string;
  /** The server's own data folder; exists. */
  readonly data: string;
  readonly ports: LakePorts;
  readonly env: Environment;
};

export type Health = {
  readonly version: string;
  /** What works, but not as it should, as sentences that say what to do. */
  readonly warnings?: readonly string[];
};

/** How one server is had, started and asked for its health. */
export type Recipe = {
  readonly name: ServerName;
  readonly title: string;
  /** Names the folder in the cache: another version is another folder. */
  readonly version: string;
  /** The setting that names an existing server. */
  readonly variable: AddressVariable;
  /** The port that clients use, by which it is known whether the server answers. */
  readonly port: PortName;
  /** Further ports that the server listens on. */
  readonly otherPorts?: readonly PortName[];
  /** A program that does as well, if it is on the PATH and `accepts` says so. */
  readonly installed?: {
    readonly program: string;
    readonly accepts?: (path: string, run: RunTool) => Promise<boolean>;
  };
  /** Says how long it takes, roughly, on two cores with an empty cache. */
  readonly buildTime: string;
  /** Puts what is needed into the empty folder `into`. */
  readonly build: (into: string, run: RunTool) => Promise<void>;
  /** The program, as a path in the folder that `build` fills. */
  readonly artefact: string;
  readonly launch: (settings: LaunchSettings) => Launch | Promise<Launch>;
  /** The settings by which clients reach the server once it runs on these ports. */
  readonly addresses: (ports: LakePorts) => Partial<Record<keyof Environment, string>>;
  /** Talks to the server as the engine will; throws where it does not answer, or not as it must. */
  readonly probe: (env: Environment) => Promise<Health>;
};
