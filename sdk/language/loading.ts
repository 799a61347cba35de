import type { Problem } from "./flow.ts";

/** Where the words of the language outside of a flow put what is wrong; the loader sets it while it imports a file. */
let underway: Problem[] | undefined;

export function problemsOfFile(): Problem[] | undefined {
  return underway;
}

/** Runs `load` and gathers what the file's calls of `task`, `arrival` and `dag` find wrong, also if it throws in the end. */
export async function gatherProblems<Loaded>(
  load: () => Promise<Loaded>,
): Promise<{ readonly loaded?: Loaded; readonly thrown?: unknown; readonly problems: readonly Problem[] }> {
  const problems: Problem[] = [];
  underway = problems;
  try {
    return { loaded: await load(), problems };
  } catch (thrown) {
    return { thrown, problems };
  } finally {
    underway = undefined;
  }
}
