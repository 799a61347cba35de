import { isSameVersion, type LoadedDag } from "../loader/loaded.ts";
import type { BrokenFile } from "../loader/registry.ts";
import { formatProblem, type Problem } from "../loader/problem.ts";
import type { BrokenFileEntry, DagDocument, PublisherDocument } from "../sdk/contracts/catalog.ts";

/** A DAG as the catalog lists it; its plan is read only where it is needed. */
export type Listed = Omit<DagDocument, "plan">;

export type Situation = {
  readonly self: Pick<PublisherDocument, "_id" | "task_queue">;
  /** The DAGs of the publisher's own files, and what is wrong with those files. */
  readonly own: readonly LoadedDag[];
  readonly broken: readonly BrokenFile[];
  /** What the catalog lists. */
  readonly listed: readonly Listed[];
  /** The other publishers that are there. */
  readonly rivals: readonly PublisherDocument[];
};

export type Settlement = {
  /** In force from the publisher's own files. */
  readonly own: readonly LoadedDag[];
  /** Those of them that the catalog lists as the publisher's. */
  readonly list: readonly LoadedDag[];
  /** In force as the catalog has them: a rival's, and the last good ones of files that were broken when this worker began. */
  readonly borrowed: readonly Listed[];
  readonly remove: readonly Listed[];
  readonly conflicts: readonly Problem[];
  /** Everything that is wrong, by file, the conflicts among it. */
  readonly broken: readonly BrokenFile[];
};

/**
 * What is in force where several publish. A name belongs to the publisher that listed it first, for as long as that one
 * is there. The same version of several is no conflict; another task queue is another set of workers, with DAGs of its own.
 */
export function settle({ self, own, broken, listed, rivals }: Situation): Settlement {
  const byName = new Map(listed.map((one) => [one._id, one]));
  const holderOf = (name: string) => rivals.find(({ _id }) => _id === byName.get(name)?.publisher);
  const rivalling = (dag: LoadedDag) => {
    const entry = byName.get(dag.plan.dag);
    const holder = holderOf(dag.plan.dag);
    const differs = entry !== undefined && !isSameVersion(dag, { hash: entry.plan_hash, code: entry.code });
    return holder?.task_queue === self.task_queue && differs ? { dag, entry, holder } : undefined;
  };
  const conflicts = own.map(rivalling).filter((conflict) => conflict !== undefined);
  const names = new Set(own.map(({ plan }) => plan.dag));
  const unheld = listed.filter(({ _id }) => !names.has(_id) && !holderOf(_id));
  const isLastGood = ({ publisher, file }: Listed) => publisher === self._id && broken.some((one) => one.file === file);
  const problems = conflicts.map(({ dag, entry, holder }) => inConflict(dag, entry, holder));
  const mine = own.filter((dag) => !conflicts.some((conflict) => conflict.dag === dag));
  return {
    own: mine,
    list: mine.filter(({ plan }) => !holderOf(plan.dag)),
    borrowed: [...conflicts.map(({ entry }) => entry), ...unheld.filter(isLastGood)],
    remove: unheld.filter((one) => !isLastGood(one)),
    conflicts: problems,
    broken: byFile([...broken, ...problems.map((problem) => ({ file: problem.file, problems: [problem] }))]),
  };
}

function inConflict(
  { plan, file, place }: LoadedDag,
  { file: other }: Listed,
  { _id }: PublisherDocument,
): Problem & { readonly file: string } {
  const message =
    `Other workers (${_id}) have another version of the DAG "${plan.dag}" in force, from ${other}, which stays. ` +
    "Give both the same version, rename one of them, or stop those workers.";
  return { code: "DAG_OF_ANOTHER_WORKER", message, ...place, file };
}

function byFile(files: readonly BrokenFile[]): readonly BrokenFile[] {
  return [...Map.groupBy(files, ({ file }) => file)].map(([file, same]) => ({ file, problems: same.flatMap(({ problems }) => problems) }));
}

/** As the catalog keeps it; what has not changed is as old as it was. */
export function brokenEntries(
  { own, borrowed, broken }: Settlement,
  before: readonly BrokenFileEntry[],
  now: Date,
): readonly BrokenFileEntry[] {
  return broken.map(({ file, problems }) => {
    // Read in other folders than the worker's, so files stand as they are.
    const texts = problems.map((problem) => formatProblem(problem, (path) => path));
    const known = before.find((one) => one.file === file && isSameList(one.problems, texts));
    const ownNames = own.filter((dag) => dag.file === file).map(({ plan }) => plan.dag);
    const lastGood = borrowed.filter((dag) => dag.file === file).map(({ _id }) => _id);
    return { file, since: known?.since ?? now, problems: texts, in_force: [...ownNames, ...lastGood] };
  });
}

/** What the catalog is to list of a DAG; undefined where it does so already. */
export function listing(
  { plan, hash, code, file }: LoadedDag,
  of: {
    readonly publisher: string;
    readonly source: DagDocument["source"];
    readonly broken: BrokenFileEntry | undefined;
    readonly now: Date;
  },
  before: Listed | undefined,
): Omit<DagDocument, "_id"> | undefined {
  const { publisher, source, broken, now } = of;
  const same = before !== undefined && isSameVersion({ hash, code }, { hash: before.plan_hash, code: before.code });
  const told = isSameList(before?.broken?.problems ?? [], broken?.problems ?? []);
  if (same && told && before.publisher === publisher && before.file === file && before.source === source) return undefined;
  return {
    plan_hash: hash,
    code,
    file,
    plan,
    published: same ? before.published : now,
    source,
    publisher,
    ...(broken && { broken: brokenOf(broken) }),
  };
}

/** As the DAG's own entry has it. */
export function brokenOf({ since, problems }: BrokenFileEntry): NonNullable<DagDocument["broken"]> {
  return { since, problems };
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text, index) => text === other[index]);
}
