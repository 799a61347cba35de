import { classifyMongoError } from "../../infra/classify-mongo.ts";
import { type Failure, isSluiceError, toFailure } from "../../sdk/contracts/errors.ts";

/** An error that nobody knows may pass: only one that comes this often is laid to a member of the group. */
const attemptsOfUnknown = 5;

export type Isolated<Item, Result> = {
  /** Of the parts that went well, in order. */
  readonly done: readonly Result[];
  /** Those with which it can never go well, by themselves. */
  readonly poisoned: readonly { readonly item: Item; readonly failure: Failure }[];
};

/**
 * Does bookkeeping for a group at once. Where it fails in a way that trying again does not mend, the group is halved
 * until the guilty member is alone: it is named, and its neighbours go on. Whatever may pass by itself (a server that
 * is away) is thrown, for the whole to be tried again.
 */
export async function isolate<Item, Result>(
  items: readonly Item[],
  attempt: number,
  work: (items: readonly Item[]) => Promise<Result>,
): Promise<Isolated<Item, Result>> {
  const [only, ...others] = items;
  if (only === undefined) return { done: [], poisoned: [] };
  try {
    return { done: [await work(items)], poisoned: [] };
  } catch (error) {
    const failure = verdict(error, attempt);
    if (!failure) throw error;
    if (others.length === 0) return { done: [], poisoned: [{ item: only, failure }] };
    const middle = Math.ceil(items.length / 2);
    const first = await isolate(items.slice(0, middle), attempt, work);
    const second = await isolate(items.slice(middle), attempt, work);
    return { done: [...first.done, ...second.done], poisoned: [...first.poisoned, ...second.poisoned] };
  }
}

/** Why it will never go well; undefined where it may. */
function verdict(error: unknown, attempt: number): Failure | undefined {
  const known = isMongo(error) ? classifyMongoError(error, "keep what the catalog is to say of it") : error;
  if (isSluiceError(known)) return known.kind === "terminal" ? toFailure(known) : undefined;
  if (isOfTheWorld(error) || attempt < attemptsOfUnknown) return undefined;
  const { message, ...failure } = toFailure(error);
  return {
    ...failure,
    code: "BOOKKEEPING_FAILED",
    message: `The engine could not keep its books about this object (${message}). Its log says more; please report it.`,
  };
}

function isMongo(error: unknown): boolean {
  return error instanceof Error && /^(Mongo|BSON)/.test(error.name);
}

/** Of the network (`ECONNREFUSED`), of a client of HTTP (`UND_ERR_…`), of Temporal's (a number). */
function isOfTheWorld(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  return typeof error.code === "number" || /^(E(?!RR_)|UND_)/.test(String(error.code));
}
