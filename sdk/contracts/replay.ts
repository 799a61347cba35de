/** What a replay process is asked: the runs of one subject, or all. */
export type ReplayRequest = {
  /** A run's id, a workflow's id, or an object as `container/key`; all runs where it is left out. */
  readonly subject?: string;
  /** ISO 8601: of all runs, those that closed since then, and those that are open. */
  readonly since?: string;
};

/** How a recorded run went when today's workflow code was led through it again. */
export type ReplayVerdict = {
  readonly workflow_id: string;
  readonly run_id: string;
  readonly type: string;
  /** Who had the history; or why nobody has it, and nothing was replayed: it left Temporal unarchived, or its object is forgotten. */
  readonly from: "temporal" | "archive" | "lost" | "forgotten";
  readonly events: number;
  /** Where the code of now does something else than what is on record; absent where it does the same. */
  readonly difference?: ReplayDifference;
};

export type ReplayDifference = {
  /** The number of the first event that differs, where it is known. */
  readonly event?: number;
  /** Its type, as `MarkerRecorded`. */
  readonly event_type?: string;
  /** What is on record, and what the code of now does there. */
  readonly recorded?: string;
  readonly now?: string;
  /** A sentence. */
  readonly message: string;
};
