/** Ways to use a value of the flow as if it had content: the code of the problem, what happens, and what to write. */
const misuses = {
  compared: [
    "COMPARED_SYMBOL",
    "is compared",
    'Branch with `match(value, { "a": () => …, otherwise: () => … })`, or compare in a task and match on what it returns.',
  ],
  tested: [
    "TESTED_SYMBOL",
    "is tested for truth",
    "Branch with `match(value, { … })`; what depends on success or failure stands in `after([…], rule.…, …)`.",
  ],
  calculated: ["CALCULATED_SYMBOL", "is calculated with", "Calculate in a task, which gets the real value."],
  printed: ["PRINTED_SYMBOL", "is turned into text", "Pass it to a task, and format or log it there (`context.log`)."],
  iterated: [
    "ITERATED_SYMBOL",
    "is iterated over",
    "Write `map(list, (item) => …)`; a stream of rows is consumed by a task with `in: rows(Schema)`.",
  ],
  spread: ["SPREAD_SYMBOL", "is spread, or asked for its keys", "Name the fields you want: `{ sensor: value.sensor }`."],
  called: [
    "CALLED_SYMBOL",
    "is asked to do something",
    "Its methods exist in a run only: call them in a task. For each entry of a list, write `map(list, (item) => …)`.",
  ],
  assigned: ["ASSIGNED_SYMBOL", "is assigned to", "Values of a flow are read-only: let a task return the new value."],
  awaited: ["AWAITED_SYMBOL", "is awaited", "Pass it on as it is: passing a value to a task is what makes the task wait for it."],
} as const;

export type Misuse = keyof typeof misuses;

const longest = 60;

export function describeMisuse(misuse: Misuse, source: string, how: string): { code: string; message: string } {
  const [code, what, advice] = misuses[misuse];
  const line = source.replace(/\s+/g, " ");
  const excerpt = line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
  return { code, message: `\`${excerpt}\` ${what} (${how}), but it has no content while the flow is traced, only in a run. ${advice}` };
}

export const asyncFunction = (what: string) => ({
  code: "ASYNC_FLOW",
  message: `${what} is async. It only describes what is wired to what, so it must return at once: remove \`async\`, and put asynchronous work into tasks.`,
});

export const generatorFunction = (what: string) => ({
  code: "ASYNC_FLOW",
  message: `${what} is a generator. It only describes what is wired to what: remove the \`*\`, and yield rows in tasks.`,
});
