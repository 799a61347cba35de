import { createHash, randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { codeContainer, codeKey, planKey } from "../activities/stages/library.ts";
import type { Catalog } from "../infra/catalog.ts";
import type { ObjectStore } from "../infra/stores/object-store.ts";
import { publishedPlan } from "../loader/loaded.ts";
import { formatProblem, type Problem } from "../loader/problem.ts";
import type { Registry } from "../loader/registry.ts";
import type { PublisherDocument } from "../sdk/contracts/catalog.ts";
import type { Plan, PublishedPlan } from "../sdk/plan/plan.ts";
import { brokenEntries, brokenOf, type Listed, listing, type Settlement, settle } from "./publish-rules.ts";

export type Publisher = AsyncDisposable & {
  /** Puts the registry's DAGs in force: from here on, arrivals are routed to them. */
  publish(registry: PublishedRegistry): Promise<void>;
  inForce(): readonly PublishedPlan[];
};

export type PublishedRegistry = Pick<Registry, "inForce" | "broken" | "codeOf">;

type Dependencies = {
  readonly lake: ObjectStore;
  readonly catalog: Pick<Catalog, "dags" | "plans" | "publishers">;
  /** Whether a file ships with Sluice. */
  readonly ships: (file: string) => boolean;
  readonly self: Pick<PublisherDocument, "_id" | "folders" | "task_queue">;
  readonly warn: (message: string) => void;
  /** How often it looks at what others publish, in milliseconds. */
  readonly interval?: number;
};

/** A process that was not seen for this long, in milliseconds, is gone, and with a publisher's last what it published. */
const lease = 30_000;

/**
 * Keeps plans and code in the lake by their hashes, so that any worker can run them at any time, and lists them in the
 * catalog. A plan is in force only once it can be had.
 */
export function createPublisher({ lake, catalog, ships, self, warn, interval = 5_000 }: Dependencies): Publisher {
  const kept = new Set<string>();
  const borrowedPlans = new Map<string, Plan>();
  let inForce: readonly PublishedPlan[] = [];
  let warned: readonly string[] = [];
  let timer: NodeJS.Timeout | undefined;
  let turn = Promise.resolve();
  const own = randomUUID();

  async function keep(key: string, content: string, contentType: string): Promise<void> {
    if (kept.has(key)) return;
    const bytes = Buffer.from(content);
    if (!(await lake.head(codeContainer, key))) await lake.put(codeContainer, key, bytes, { size: bytes.length, contentType });
    kept.add(key);
  }

  async function keepAll({ hash, plan, code }: PublishedPlan, registry: PublishedRegistry): Promise<void> {
    for (const codeHash of new Set(Object.values(code))) {
      if (kept.has(codeKey(codeHash))) continue;
      const text = await registry.codeOf(codeHash);
      if (text !== undefined) await keep(codeKey(codeHash), text, "text/javascript");
    }
    if (kept.has(planKey(hash))) return;
    await catalog.plans.updateOne({ _id: hash }, { $setOnInsert: { plan, published: new Date() } }, { upsert: true });
    await keep(planKey(hash), JSON.stringify({ hash, plan }), "application/json");
  }

  async function planOf({ plan_hash: hash, code }: Listed): Promise<PublishedPlan | undefined> {
    const plan = borrowedPlans.get(hash) ?? ((await catalog.plans.findOne({ _id: hash }))?.plan as Plan | undefined);
    if (plan) borrowedPlans.set(hash, plan);
    return plan && { hash, plan, code };
  }

  async function settleOn(registry: PublishedRegistry): Promise<void> {
    const now = new Date();
    const [listed, publishers] = await Promise.all([
      catalog.dags.find().project<Listed>({ plan: 0 }).toArray(),
      catalog.publishers.find().toArray(),
    ]);
    const isPast = (seen: Date) => now.getTime() - seen.getTime() > lease;
    const isGone = ({ processes = {} }: PublisherDocument) => Object.values(processes).every(isPast);
    const before = publishers.find(({ _id }) => _id === self._id);
    const others = publishers.filter((one) => one !== before);
    const settled = settle({
      self,
      own: registry.inForce(),
      broken: registry.broken(),
      listed,
      rivals: others.filter((one) => !isGone(one)),
    });
    for (const dag of settled.own) await keepAll(publishedPlan(dag), registry);
    const borrowed = (await Promise.all(settled.borrowed.map(planOf))).filter((plan) => plan !== undefined);
    const broken = brokenEntries(settled, before?.broken ?? [], now);
    await list(settled, listed, broken, now);
    const gone = Object.entries(before?.processes ?? {}).filter(([id, seen]) => id !== own && isPast(seen));
    await sayPresent(
      broken,
      now,
      gone.map(([id]) => id),
    );
    // Unless one of its processes has come since.
    for (const { _id, processes } of others.filter(isGone)) {
      await catalog.publishers.deleteOne({ _id, processes: processes ?? { $exists: false } });
    }
    inForce = [...settled.own.map(publishedPlan), ...borrowed];
    tell(settled.conflicts);
  }

  async function sayPresent(broken: PublisherDocument["broken"], now: Date, gone: readonly string[]): Promise<void> {
    const { _id, ...rest } = self;
    await catalog.publishers.updateOne(
      { _id },
      {
        $set: { ...rest, broken, [`processes.${own}`]: now },
        ...(gone.length > 0 && { $unset: Object.fromEntries(gone.map((id) => [`processes.${id}`, true])) }),
      },
      { upsert: true },
    );
  }

  async function list(settled: Settlement, listed: readonly Listed[], broken: PublisherDocument["broken"], now: Date): Promise<void> {
    const brokenIn = (file: string) => broken.find((entry) => entry.file === file);
    for (const dag of settled.list) {
      const { file, plan } = dag;
      const before = listed.find(({ _id }) => _id === plan.dag);
      const of = { publisher: self._id, source: ships(file) ? "shipped" : "user", broken: brokenIn(file), now } as const;
      const entry = listing(dag, of, before);
      if (entry) await catalog.dags.replaceOne({ _id: plan.dag }, entry, { upsert: true });
    }
    for (const { _id, file, publisher } of settled.borrowed) {
      const entry = publisher === self._id ? brokenIn(file) : undefined;
      if (entry) await catalog.dags.updateOne({ _id }, { $set: { broken: brokenOf(entry) } });
    }
    for (const { _id, plan_hash } of settled.remove) await catalog.dags.deleteOne({ _id, plan_hash });
  }

  function tell(problems: readonly Problem[]): void {
    const now = problems.map((problem) => formatProblem(problem));
    for (const text of now) if (!warned.includes(text)) warn(text);
    warned = now;
  }

  /** One after the other: a change of the files and a look at the others may come at once. */
  function inTurn(registry: PublishedRegistry): Promise<void> {
    const done = turn.then(() => settleOn(registry));
    // Whoever publishes hears of a failure; a catalog that is away is reported by all who need it, and looked at again.
    turn = done.catch(() => {});
    return done;
  }

  return {
    inForce: () => inForce,
    async publish(registry) {
      timer ??= setInterval(() => void inTurn(registry).catch(() => {}), interval).unref();
      await inTurn(registry);
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await turn;
      // Where the catalog is away, the others wait for the lease to end.
      await catalog.publishers.updateOne({ _id: self._id }, { $unset: { [`processes.${own}`]: true } }).catch(() => {});
    },
  };
}

/** Workers of one machine that publish the same folders are one publisher. */
export function publisherId(folders: readonly string[]): string {
  return `${hostname()}/${createHash("sha256").update(JSON.stringify(folders)).digest("hex").slice(0, 12)}`;
}
