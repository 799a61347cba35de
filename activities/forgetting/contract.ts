import type { RunIdentity } from "../contract.ts";

type ObjectName = { readonly container: string; readonly key: string };

/** Members that were unpacked from an archive: objects of their own, made of another. */
export type Unpacked = { readonly container: string; readonly prefix: string; readonly archive: string };

export type Held =
  /** No run takes it until it is let go; `archives` says where its members lie. */
  | { readonly status: "held"; readonly archives: readonly Unpacked[] }
  /** A run has it. */
  | { readonly status: "busy"; readonly holder: string }
  /** The catalog does not know it. */
  | { readonly status: "unknown" };

/** What was removed of an object, by what it was: `points in influxdb: 412`. */
export type Removed = { readonly [what: string]: number };

export type Forgotten = {
  readonly removed: Removed;
  /** The object in the store goes as well, in all its versions. */
  readonly raw: boolean;
  readonly by: string;
};

/** What `forget` asks of the world. Each may be repeated; objects are of one container at a time or of many. */
export type ForgettingActivities = {
  holdToForget(objects: readonly ObjectName[], run: RunIdentity): Promise<readonly Held[]>;
  /** Removes from every sink what any processing of the objects wrote, as far as it is theirs still, and their runs' histories; says what there was. */
  removeDerived(objects: readonly ObjectName[]): Promise<readonly Removed[]>;
  /** Members that the catalog knows, by key, after `after`. */
  listMembers(of: Unpacked, after: string | undefined, limit: number): Promise<readonly string[]>;
  /** Leaves the bare fact behind. False where another run has taken the object meanwhile: it is to be done anew. */
  settleForgotten(object: ObjectName, forgotten: Forgotten, run: RunIdentity): Promise<boolean>;
};
