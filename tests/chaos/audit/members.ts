import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import type { Client } from "minio";
import { emptyTally, type Finding, type Units } from "./finding.ts";

/** What was unpacked stands in the store beside its archive, byte for byte, and nothing else does. */
export async function auditMembers(s3: Client, containers: readonly string[], units: Units): Promise<Finding> {
  const tally = emptyTally();
  const wanted = new Map([...units].filter(([, { unpacked }]) => unpacked));
  const expected = wanted.size;
  let found = 0;
  for (const container of containers) {
    for await (const item of s3.listObjectsV2(container, "", true)) {
      const { name: key = "" } = item as { readonly name?: string };
      if (!key.includes(".unpacked/")) continue;
      found += 1;
      const unit = wanted.get(`${container}/${key}`);
      wanted.delete(`${container}/${key}`);
      if (!unit) tally.left.push(`${container}/${key}`);
      else if (digestOf(await buffer(await s3.getObject(container, key))) !== digestOf(unit.content.bytes))
        tally.wrong.push(`${container}/${key}: other bytes`);
    }
  }
  tally.lost.push(...wanted.keys());
  return { what: "members", expected, found, ...tally };
}

function digestOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
