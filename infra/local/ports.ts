import { createServer } from "node:net";
import { terminal } from "../../sdk/contracts/errors.ts";

export const defaultPorts = {
  gateway: 8080,
  temporal: 7233,
  temporalUi: 8233,
  minio: 9000,
  minioConsole: 9001,
  mongo: 27017,
  influxdb: 8086,
  neo4j: 7687,
  metrics: 9464,
  versitygw: 7070,
} as const;

export type PortName = keyof typeof defaultPorts;
export type LakePorts = { readonly [name in PortName]: number };

const names = Object.keys(defaultPorts) as PortName[];

export function portsFrom(choose: (name: PortName) => number): LakePorts {
  return Object.fromEntries(names.map((name) => [name, choose(name)])) as LakePorts;
}

/** The defaults moved by `offset`, but for those named in `SLUICE_PORTS` (`minio=9100,neo4j=7700`). */
export function choosePorts(offset: number, named: { readonly [name: string]: number }): LakePorts {
  const unknown = Object.keys(named).filter((name) => !(name in defaultPorts));
  if (unknown.length > 0) {
    throw terminal(
      "UNKNOWN_PORT_NAME",
      `SLUICE_PORTS names ${unknown.map((name) => `"${name}"`).join(", ")}; the names are ${names.join(", ")}.`,
    );
  }
  return portsFrom((name) => named[name] ?? defaultPorts[name] + offset);
}

export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** A port for each server, free now. Below the range from which the kernel takes ports for outgoing connections. */
export async function freePorts(): Promise<LakePorts> {
  const found = new Set<number>();
  while (found.size < names.length) {
    const port = 12_000 + Math.floor(Math.random() * 20_000);
    if (!found.has(port) && (await isFree(port))) found.add(port);
  }
  const ports = [...found];
  return portsFrom((name) => ports[names.indexOf(name)] ?? 0);
}
