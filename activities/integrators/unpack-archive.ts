import { z } from "zod";
import type { ObjectStore } from "../../infra/stores/object-store.ts";
import type { LakeObject, ObjectInfo } from "../../sdk/contracts/object.ts";
import type { Receipt } from "../../sdk/contracts/receipt.ts";
import type { Integrator } from "../../sdk/execution/context.ts";
import type { Archive } from "./archive/member.ts";
import { memberPath } from "./archive/member-path.ts";
import { openArchive } from "./archive/open-archive.ts";
import { collect } from "./archive/range-reader.ts";
import { type Limits, limits as defaultLimits, refuse } from "./archive/refusals.ts";
import { survey } from "./archive/survey.ts";
import { createWindow } from "./archive/window.ts";
import { readOptions } from "./writing/options.ts";
import { clearingUp } from "./writing/pump.ts";

const name = "unpack-archive";
const defaultSuffix = ".unpacked";
const unpackOptions = z.strictObject({ suffix: z.string().min(1).default(defaultSuffix) });

/** Put by several at a time and from memory up to this size; larger members are streamed. */
const smallMember = 1024 * 1024;
const putsAtOnce = 8;

export type UnpackStore = Pick<ObjectStore, "put" | "list" | "head" | "delete">;

export type UnpackDeps = {
  readonly store: (name: string) => UnpackStore;
  readonly limits?: Limits;
};

/** Each member of a ZIP or TAR, and what a gzip holds, becomes an object beside the archive, which the store announces by itself. */
export function createUnpackArchive({ store, limits = defaultLimits }: UnpackDeps): Integrator {
  return {
    name,
    async write(_input, options, context) {
      const { suffix } = readOptions(unpackOptions, options, name);
      const { object, signal } = context;
      const folder = folderOf(object, suffix);
      const depth = depthOf(object) + 1;
      if (depth > limits.depth) {
        throw refuse(
          "ARCHIVE_BOMB",
          object,
          `lies ${depth - 1} archives deep`,
          `Archives in archives are unpacked ${limits.depth} deep: upload it by itself.`,
        );
      }
      const archive = await openArchive(object);
      await survey(archive, object, folder, limits, signal);
      const metadata = { "sluice-archive": object.key, "sluice-depth": String(depth) };
      const count = await clearingUp(
        () => unpack(archive, store(object.store), { container: object.container, folder, metadata, signal }),
        () => removeMembers(store(object.store), object.container, folder, object.key, signal),
      );
      return receiptOf(object, folder, count);
    },
    undo: ({ locator }, { object, signal }) =>
      removeMembers(store(object.store), String(locator["container"]), String(locator["prefix"]), String(locator["archive"]), signal),
    suspect: ({ suffix }, object) => ({
      ...receiptOf(object, folderOf(object, typeof suffix === "string" ? suffix : defaultSuffix), 0),
      suspected: true,
    }),
  };
}

type Destination = {
  readonly container: string;
  readonly folder: string;
  readonly metadata: { readonly [name: string]: string };
  readonly signal: AbortSignal;
};

async function unpack(archive: Archive, store: UnpackStore, { container, folder, metadata, signal }: Destination): Promise<number> {
  const window = createWindow(putsAtOnce);
  let count = 0;
  try {
    for await (const member of archive.members()) {
      signal.throwIfAborted();
      const checked = memberPath(member.path);
      if (member.kind !== "file" || "refused" in checked) continue;
      const { size } = member;
      const put = (body: Uint8Array | AsyncIterable<Uint8Array>) =>
        store.put(container, folder + checked.path, body, { size, metadata, signal });
      if (size > smallMember) await put(member.read());
      else {
        const body = await collect(member.read());
        await window.run(() => put(body));
      }
      count += 1;
    }
  } finally {
    await window.settled();
  }
  window.throwFirst();
  return count;
}

/** What an uploader put under the same folder is not the archive's, and stays. Says how many were removed. */
async function removeMembers(store: UnpackStore, container: string, folder: string, archive: string, signal: AbortSignal): Promise<number> {
  const window = createWindow(putsAtOnce);
  let removed = 0;
  for await (const { key } of store.list(container, { prefix: folder })) {
    signal.throwIfAborted();
    await window.run(async () => {
      const member = await store.head(container, key);
      if (member?.metadata["sluice-archive"] !== archive) return;
      await store.delete(container, key);
      removed += 1;
    });
  }
  await window.settled();
  window.throwFirst();
  return removed;
}

function depthOf({ metadata }: LakeObject): number {
  const depth = Number(metadata["sluice-depth"] ?? 0);
  return Number.isFinite(depth) && depth > 0 ? depth : 0;
}

function folderOf({ key }: Pick<ObjectInfo, "key">, suffix: string): string {
  return `${key}${suffix}/`;
}

function receiptOf({ container, key }: Pick<ObjectInfo, "container" | "key">, prefix: string, count: number): Receipt {
  return { sink: "store", what: "objects", count, where: `${container}/${prefix}`, locator: { container, prefix, archive: key } };
}
