import { codeContainer, codeKey, planKey } from "../activities/stages/library.ts";
import type { Catalog } from "../infra/catalog.ts";
import type { ObjectStore } from "../infra/stores/object-store.ts";
import type { Registry } from "../loader/registry.ts";
import { formatProblem } from "../loader/problem.ts";
import type { PublishedPlan } from "../sdk/plan/plan.ts";

export type Publisher = {
  /** Puts the registry's DAGs in force: from here on, arrivals are routed to them. */
  publish(registry: Registry): Promise<void>;
  inForce(): readonly PublishedPlan[];
};

type Dependencies = {
  readonly lake: ObjectStore;
  readonly catalog: Pick<Catalog, "dags" | "plans">;
  /** Whether a file ships with Sluice. */
  readonly ships: (file: string) => boolean;
};

/**
 * Keeps plans and code in the lake by their hashes, so that any worker can run them at any time, and lists them in the
 * catalog. A plan is in force only once it can be had.
 */
export function createPublisher({ lake, catalog, ships }: Dependencies): Publisher {
  const kept = new Set<string>();
  let inForce: readonly PublishedPlan[] = [];

  async function keep(key: string, content: string, contentType: string): Promise<void> {
    if (kept.has(key)) return;
    const bytes = Buffer.from(content);
    if (!(await lake.head(codeContainer, key))) await lake.put(codeContainer, key, bytes, { size: bytes.length, contentType });
    kept.add(key);
  }

  return {
    inForce: () => inForce,
    async publish(registry) {
      const loaded = registry.inForce();
      const plans = loaded.map(({ hash, plan, code }): PublishedPlan => ({ hash, plan, code }));
      const now = new Date();
      for (const [index, published] of plans.entries()) {
        for (const hash of new Set(Object.values(published.code))) {
          const text = registry.codeOf(hash);
          if (text !== undefined) await keep(codeKey(hash), text, "text/javascript");
        }
        await keep(planKey(published.hash), JSON.stringify({ hash: published.hash, plan: published.plan }), "application/json");
        const file = loaded[index]?.file ?? "";
        const problems = registry.problems().filter((problem) => problem.file === file);
        await Promise.all([
          catalog.plans.updateOne({ _id: published.hash }, { $setOnInsert: { plan: published.plan, published: now } }, { upsert: true }),
          catalog.dags.replaceOne(
            { _id: published.plan.dag },
            {
              plan_hash: published.hash,
              code: published.code,
              file,
              plan: published.plan,
              published: now,
              source: ships(file) ? "shipped" : "user",
              ...(problems.length > 0 && { broken: { since: now, problems: problems.map((problem) => formatProblem(problem)) } }),
            },
            { upsert: true },
          ),
        ]);
      }
      await catalog.dags.deleteMany({ _id: { $nin: plans.map(({ plan }) => plan.dag) } });
      inForce = plans;
    },
  };
}
