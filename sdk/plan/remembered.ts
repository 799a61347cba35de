/**
 * A question about a plan whose answers are kept for as long as the plan lives. Plans never change, and the
 * interpreter asks the same of one plan at every step of every object.
 */
export function remembered<Plan extends object, Key extends readonly [] | readonly [unknown], Answer>(
  ask: (plan: Plan, ...key: Key) => Answer,
): (plan: Plan, ...key: Key) => Answer {
  const known = new WeakMap<Plan, Map<unknown, Answer>>();
  return (plan, ...key) => {
    const answers = known.get(plan) ?? new Map<unknown, Answer>();
    const answer = answers.get(key[0]);
    if (answer !== undefined) return answer;
    const fresh = ask(plan, ...key);
    known.set(plan, answers.set(key[0], fresh));
    return fresh;
  };
}
