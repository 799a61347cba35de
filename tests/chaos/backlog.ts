import { type Collection, MongoClient } from "mongodb";

/** A version of an object that the store has acknowledged. */
export type Landed = { readonly container: string; readonly key: string; readonly version: string };

/** What has landed and has no outcome yet. */
export type Backlog = AsyncDisposable & {
  add(landed: Landed): void;
  /** What is in flight, as of the last look. */
  snapshot(): ReadonlySet<Landed>;
  /** With those whose events were dropped. */
  open(): number;
  /** Looks into the catalog; while that is away, nothing is known to have been finished. */
  look(): Promise<void>;
  /** Which of a snapshot have no outcome yet; a version that a newer one has replaced needs none. */
  left(of: ReadonlySet<Landed>): readonly Landed[];
};

type Document = { readonly _id: string; readonly state: string; readonly version: string };

const final: readonly string[] = ["processed", "quarantined"];

/** Of versions that are dropped nobody is told: they are not in flight, but lie there until they are looked for. */
export function openBacklog(url: string, isDropped: (landed: Landed) => boolean): Backlog {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 1_000, connectTimeoutMS: 1_000, socketTimeoutMS: 10_000 });
  const open = new Map<string, Landed>();
  const nameOf = ({ container, key }: Landed) => `${container}/${key}`;

  async function lookIn(collection: Collection<Document>, landed: readonly Landed[]): Promise<void> {
    const found = await collection.find({ _id: { $in: landed.map(({ key }) => key) } }, { projection: { state: 1, version: 1 } }).toArray();
    for (const { _id, state, version } of found) {
      const name = `${collection.collectionName}/${_id}`;
      if (final.includes(state) && open.get(name)?.version === version) open.delete(name);
    }
  }

  return {
    add: (landed) => void open.set(nameOf(landed), landed),
    snapshot: () => new Set([...open.values()].filter((landed) => !isDropped(landed))),
    open: () => open.size,
    async look() {
      try {
        const database = client.db("swift");
        for (const [container, landed] of Map.groupBy([...open.values()], (one) => one.container))
          await lookIn(database.collection<Document>(container), landed);
      } catch {
        // It was killed or is not back yet: the next look will tell.
      }
    },
    left: (snapshot) => [...snapshot].filter((landed) => open.get(nameOf(landed)) === landed && !isDropped(landed)),
    [Symbol.asyncDispose]: () => client.close(),
  };
}
