/**
 * How long a worker may take for one step of a run of so many arrivals, before Temporal gives it to another. Of a group,
 * a step is the bookkeeping and the local stages of hundreds of objects: on a machine with more to do than it can, it
 * would time out with Temporal's ten seconds, and be done again, which makes things worse. Not longer than needed, since
 * what a worker had begun when it died waits as long.
 */
export function workflowTaskTimeout(arrivals: number): "10s" | "20s" {
  return arrivals > 1 ? "20s" : "10s";
}
