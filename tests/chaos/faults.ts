import type { Random } from "./generator/random.ts";
import { type ChaosLake, processes, sinks } from "./lake.ts";

/** Something that breaks, and how it is made whole again. */
export type Fault = {
  readonly name: string;
  /** Milliseconds until it is mended. */
  readonly lasts: number;
  strike(lake: ChaosLake): Promise<void>;
  heal(lake: ChaosLake): Promise<void>;
};

const titles = {
  worker: "worker",
  gateway: "gateway",
  temporal: "Temporal",
  minio: "MinIO",
  mongo: "MongoDB",
  influxdb: "InfluxDB",
  neo4j: "Neo4j",
} as const;

/** One of each: every process killed, every sink cut off. Their order and how long each is away come from the seed. */
export function allFaults(random: Random, cut = 20_000): readonly Fault[] {
  return random.shuffled([
    ...processes.map((name) => killed(name, random.whole(1_000, 10_000))),
    ...sinks.map((sink) => cutOff(sink, cut)),
  ]);
}

export function killed(name: (typeof processes)[number], lasts: number): Fault {
  return { name: `${titles[name]} killed`, lasts, strike: (lake) => lake.kill(name), heal: (lake) => lake.start(name) };
}

export function cutOff(sink: (typeof sinks)[number], lasts: number): Fault {
  return {
    name: `${titles[sink]} cut off`,
    lasts,
    strike: async (lake) => lake.network[sink].cut(),
    heal: async (lake) => lake.network[sink].mend(),
  };
}
