/** One step of bringing the lake up: reported when it begins, when what it does changes, and when it ends. */
export type Progress = {
  /** What it is about, e.g. `MinIO`: one step has one name from beginning to end. */
  readonly step: string;
  readonly state: "working" | "done" | "failed";
  /** Milliseconds since the step began. */
  readonly ms: number;
  /** What is being done, what was found, or what went wrong. */
  readonly detail: string;
};

export type Report = (progress: Progress) => void;

/** Says what one step is doing now. */
export type Say = (detail: string) => void;

/** Runs one step and reports it; what `work` returns as `detail` is what stands beside the finished step. */
export async function step<T extends { readonly detail: string }>(
  report: Report,
  name: string,
  work: (say: Say) => Promise<T>,
): Promise<T> {
  const begin = performance.now();
  const tell = (state: Progress["state"], detail: string) =>
    report({ step: name, state, ms: Math.round(performance.now() - begin), detail });
  tell("working", "");
  try {
    const result = await work((detail) => tell("working", detail));
    tell("done", result.detail);
    return result;
  } catch (error) {
    tell("failed", error instanceof Error ? error.message : String(error));
    throw error;
  }
}
