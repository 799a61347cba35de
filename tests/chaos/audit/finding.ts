import type { Content, Expected, Generated } from "../generator/expected.ts";

/** What is wrong with what a database holds. */
export const faultsFound = ["lost", "duplicated", "wrong", "left"] as const;
export type FaultFound = (typeof faultsFound)[number];

/** What was compared, and each thing that was not as it must be, as a line to read. */
export type Finding = {
  readonly what: string;
  readonly expected: number;
  readonly found: number;
} & { readonly [fault in FaultFound]: readonly string[] };

export type Tally = { readonly [fault in FaultFound]: string[] };

export function emptyTally(): Tally {
  return { lost: [], duplicated: [], wrong: [], left: [] };
}

/** One object that must be in the lake, put by somebody or unpacked from another. */
export type Unit = {
  readonly container: string;
  readonly key: string;
  readonly content: Content;
  /** What must not be there any more: of older versions, the oldest first. */
  readonly older: readonly Expected[];
  readonly unpacked: boolean;
};

export type Units = ReadonlyMap<string, Unit>;

export function nameOf({ container, key }: { readonly container: string; readonly key: string }): string {
  return `${container}/${key}`;
}

/** All objects that must be there, by container and key: the last version of each and the members of that. */
export function unitsOf(objects: readonly Generated[]): Units {
  const units = objects.flatMap(({ container, key, versions }) => unitAndMembers(container, key, versions, false));
  return new Map(units.map((unit) => [nameOf(unit), unit]));
}

function unitAndMembers(container: string, key: string, versions: readonly Content[], unpacked: boolean): readonly Unit[] {
  const content = versions.at(-1);
  if (!content) return [];
  const older = versions.slice(0, -1).map(({ expected }) => expected);
  const members = membersOf(content).flatMap(({ path }) => {
    const contents = versions.flatMap((version) => membersOf(version).filter((member) => member.path === path));
    return unitAndMembers(
      container,
      `${key}.unpacked/${path}`,
      contents.map((member) => member.content),
      true,
    );
  });
  return [{ container, key, content, older, unpacked }, ...members];
}

function membersOf({ expected }: Content) {
  return expected.state === "processed" ? (expected.members ?? []) : [];
}

/** What the catalog says of an object, as far as the other databases have to agree with it. */
export type CatalogEntry = {
  readonly state: string;
  readonly version: string;
  readonly object_number: number;
  readonly swift_object_id: string;
  readonly reason?: { readonly code: string; readonly message: string };
};

export type CatalogEntries = ReadonlyMap<string, CatalogEntry>;
