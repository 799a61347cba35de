import type { Failure } from "../contracts/errors.ts";
import type { Json } from "../contracts/json.ts";
import type { Written } from "../contracts/receipt.ts";
import type { Expression } from "../plan/plan.ts";

/** A value in the lake's work area, known by the SHA-256 of its JSON. */
export type WorkReference = {
  readonly work: string;
  /** Bytes. */
  readonly size: number;
  /** Entries, where it is a list or rows. */
  readonly length?: number;
};

/** What a run keeps of a node's value. Workflows never look into a reference. */
export type Stored =
  | { readonly inline: Json }
  | {
      readonly at: WorkReference;
      /** The parts of it that the plan decides by, keyed by their path in JSON. */
      readonly exposed?: { readonly [path: string]: Json };
    }
  /** A stream that has been consumed; `at` where it was also kept. */
  | { readonly rows: number; readonly at?: WorkReference }
  /** What a match passes on: another node's value. */
  | { readonly same: Expression };

/** How a node ended. `upstream` marks a node that did not run because one before it failed; it counts as failed. */
export type Settled =
  | {
      readonly status: "success";
      readonly value: Stored;
      /** What the body of a map wrote; any other node's receipt is its value. */
      readonly wrote?: readonly Written[];
    }
  | { readonly status: "failed"; readonly failure: Failure; readonly upstream?: true }
  | { readonly status: "skipped" };

/** What is known of a run of one plan over one object: the settled nodes. */
export type RunState = { readonly [node: string]: Settled };
