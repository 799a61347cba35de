import { terminal } from "../../sdk/contracts/errors.ts";
import type { ObjectState } from "../../sdk/contracts/catalog.ts";
import type { ReprocessingRequest } from "../../gateway/client.ts";
import { objectName, time } from "../arguments.ts";

/** What the command line says about which objects, and how. */
export type SelectionOptions = {
  readonly container?: readonly string[];
  readonly key?: string;
  readonly type?: readonly string[];
  readonly dag?: readonly string[];
  readonly planHash?: readonly string[];
  readonly notByCurrent?: string;
  readonly state?: readonly ObjectState[];
  readonly fingerprint?: readonly string[];
  readonly since?: string;
  readonly until?: string;
  readonly all?: boolean;
  readonly from?: string;
  readonly plan?: "now" | "then";
  readonly rate?: number;
};

/** @throws where nothing says which objects are meant */
export function requestOf(objects: readonly string[], options: SelectionOptions, now = new Date()): ReprocessingRequest {
  for (const object of objects) objectName(object);
  const { container, key, type, dag, planHash, notByCurrent, state, fingerprint, since, until, all, from, plan, rate } = options;
  const selection: ReprocessingRequest["selection"] = {
    ...(objects.length > 0 && { objects: [...objects] }),
    ...(container && { containers: [...container] }),
    ...(key !== undefined && { key }),
    ...(type && { types: [...type] }),
    ...(dag && { dags: [...dag] }),
    ...(planHash && { plans: [...planHash] }),
    ...(notByCurrent !== undefined && { notByCurrent }),
    ...(state && { states: [...state] }),
    ...(fingerprint && { fingerprints: [...fingerprint] }),
    ...(since !== undefined && { since: time("--since", now)(since) }),
    ...(until !== undefined && { until: time("--until", now)(until) }),
  };
  const isEmpty = Object.keys(selection).length === 0;
  if (isEmpty && !all)
    throw terminal(
      "NO_SELECTION",
      "Nothing says which objects are meant. Name them (CONTAINER/KEY), or choose them: --container, --key, --type, --state, --dag, " +
        "--plan-hash, --not-by-current, --fingerprint, --since, --until. `--all` means every object of the lake; --dry-run counts first.",
    );
  if (!isEmpty && all) throw terminal("WRONG_ARGUMENT", "--all means every object of the lake: leave it out, or all that narrows it down.");
  return { selection, ...(from !== undefined && { from }), ...(plan && { plan }), ...(rate !== undefined && { rate }) };
}
