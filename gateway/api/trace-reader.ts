import type { Catalog } from "../../infra/catalog.ts";
import type {
  AttemptDocument,
  AuditDocument,
  CatalogDocument,
  DuplicateDocument,
  HistoryDocument,
  TraceDocument,
} from "../../sdk/contracts/catalog.ts";
import type { Page } from "./deps.ts";
import { type Cursor, inTime } from "./in-time.ts";

const mostTraces = 200;
const mostAttempts = 1_000;
const mostBeside = 200;

/** All that the catalog knows of what happened to an object. */
export type Story = {
  /** The oldest first. */
  readonly traces: readonly TraceDocument[];
  readonly attempts: readonly AttemptDocument[];
  readonly duplicates: readonly DuplicateDocument[];
  readonly audit: readonly AuditDocument[];
  /** Where the histories of its runs lie in the lake, by run. */
  readonly histories: ReadonlyMap<string, HistoryDocument>;
  /** Runs whose histories were removed with a forgotten object; Temporal takes a minute for it. */
  readonly removed: ReadonlySet<string>;
  /** In which file each of its DAGs is now, by name. */
  readonly files: ReadonlyMap<string, string>;
  /** Runs that its document names, but whose traces the catalog has lost. */
  readonly lost: readonly { readonly workflow_id: string; readonly run_id: string }[];
  /** False where there is more than is told at once, or the catalog could not look at everything in time. */
  readonly complete: boolean;
};

export type TraceReader = (document: CatalogDocument) => Promise<Story>;

export function createTraceReader(
  catalog: Pick<Catalog, "traces" | "attempts" | "duplicates" | "audit" | "histories" | "forgottenRuns" | "dags">,
): TraceReader {
  async function tracesOf(document: CatalogDocument) {
    const { swift_container: container, key } = document;
    // What the document names is found by `_id`, so that this much is there even where the search takes too long.
    const ids = runsOf(document).map(({ run_id }) => `${run_id}/${container}/${key}`);
    const [named, found] = await Promise.all([
      catalog.traces.find({ _id: { $in: ids } }).toArray(),
      latest(mostTraces, (most) => catalog.traces.find({ container, key }).sort({ announced: -1 }).limit(most)),
    ]);
    const all = new Map<string, TraceDocument>([...named, ...found.documents].map((trace) => [trace._id, trace]));
    return { documents: [...all.values()].sort(byStart), complete: found.complete };
  }

  return async (document) => {
    const { swift_container: container, key } = document;
    const [traces, duplicates, audit] = await Promise.all([
      tracesOf(document),
      latest(mostBeside, (most) => catalog.duplicates.find({ container, key }).sort({ refused: -1 }).limit(most)),
      latest(mostBeside, (most) =>
        catalog.audit
          .find({ object: `${container}/${key}` })
          .sort({ at: -1 })
          .limit(most),
      ),
    ]);
    const named = runsOf(document);
    const runs = [...new Set([...traces.documents, ...named].map(({ run_id }) => run_id))];
    const dags = [...new Set(traces.documents.flatMap((trace) => trace.dags.map(({ dag }) => dag)))];
    const asked = [...new Set(traces.documents.flatMap(({ workflow_id }) => askedIn(workflow_id)))];
    const [attempts, histories, removed, listed, bulk] = await Promise.all([
      latest(mostAttempts, (most) =>
        catalog.attempts
          .find({ container, key, run_id: { $in: runs } })
          .sort({ at: -1 })
          .limit(most),
      ),
      catalog.histories.find({ _id: { $in: runs } }).toArray(),
      catalog.forgottenRuns.find({ _id: { $in: runs } }).toArray(),
      catalog.dags
        .find({ _id: { $in: dags } })
        .project<{ readonly _id: string; readonly file: string }>({ file: 1 })
        .toArray(),
      catalog.audit.find({ _id: { $in: asked } }).toArray(),
    ]);
    return {
      traces: traces.documents,
      attempts: attempts.documents,
      duplicates: duplicates.documents,
      audit: [...audit.documents, ...bulk],
      histories: new Map(histories.map((history) => [history._id, history])),
      removed: new Set(removed.map(({ _id }) => _id)),
      files: new Map(listed.map(({ _id, file }) => [_id, file])),
      lost: named.filter(
        ({ run_id }) =>
          !traces.documents.some((trace) => trace.run_id === run_id) && !(document.state === "processing" && run_id === document.run_id),
      ),
      complete: [traces, duplicates, audit, attempts].every(({ complete }) => complete),
    };
  };
}

/** The newest, the oldest of them first; one more is asked for, to know whether that is all. */
async function latest<Document>(most: number, find: (limit: number) => Cursor<Document>): Promise<Page<Document>> {
  const { documents, complete } = await inTime(find(most + 1));
  return { documents: documents.slice(0, most).toReversed(), complete: complete && documents.length <= most };
}

function runsOf({ workflow_id, run_id, successful_operations, failed_operations }: CatalogDocument): Story["lost"] {
  const operations = [...successful_operations, ...failed_operations];
  const all = [...operations, ...(workflow_id && run_id ? [{ workflow_id, run_id }] : [])];
  return [...new Map(all.map((one) => [one.run_id, { workflow_id: one.workflow_id, run_id: one.run_id }])).values()];
}

/** The names in the audit that may stand for what somebody had done to many objects, this run's among them. */
function askedIn(workflowId: string): readonly string[] {
  const [, id] = /(?:reprocess|reconcile)\/([\w-]+Z-[0-9a-f]{4})-\d+/.exec(workflowId) ?? [];
  return id === undefined ? [] : ["reprocess", "release", "reconcile"].map((action) => `${action}/${id}`);
}

function byStart(one: TraceDocument, other: TraceDocument): number {
  return one.claimed.localeCompare(other.claimed) || one.closed.localeCompare(other.closed);
}
