import type { GatewayClient, ObjectName, ObjectSummary, Upload } from "../../gateway/client.ts";

const settled: readonly string[] = ["processed", "quarantined", "failed", "gone", "dropped", "forgotten"];

/** How often, in milliseconds, the store is asked whether it holds a newer version by now. */
const askStoreEvery = 5_000;

/** An object as it was put. */
export type Put = Pick<Upload, "container" | "key" | "version">;

/**
 * Looks at what became of uploads. What counts is the version that the store holds: an upload that was overwritten
 * before a run claimed it has the outcome of the one that replaced it.
 */
export function lookAtUploads(client: GatewayClient) {
  const versions = new Map<string, { version: string; asked: number }>();

  async function wanted(upload: Put): Promise<string> {
    const name = nameOf(upload);
    const known = versions.get(name) ?? { version: upload.version, asked: -Infinity };
    if (performance.now() - known.asked < askStoreEvery) return known.version;
    const version = await client.version(upload.container, upload.key).catch(() => known.version);
    versions.set(name, { version, asked: performance.now() });
    return version;
  }

  return async <One extends Put>(uploads: readonly One[]): Promise<ReadonlyMap<One, ObjectSummary>> => {
    const byName = new Map((await client.states(uploads.map(justName))).map((object) => [nameOf(object), object]));
    const outcomes = new Map<One, ObjectSummary>();
    for (const upload of uploads) {
      const object = byName.get(nameOf(upload));
      if (!object || !settled.includes(object.state)) continue;
      const current = object.state === "gone" || object.version === upload.version || object.version === (await wanted(upload));
      if (current) outcomes.set(upload, object);
    }
    return outcomes;
  };
}

function justName({ container, key }: ObjectName): ObjectName {
  return { container, key };
}

/** Containers have no slash in their names. */
function nameOf({ container, key }: ObjectName): string {
  return `${container}/${key}`;
}
