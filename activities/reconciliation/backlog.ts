import type { Catalog } from "../../infra/catalog.ts";

/** A gateway that has said nothing for this long, in milliseconds, is down: what waits there waits too long. */
const patience = 60_000;

/** Since when arrivals of a container wait in the journals of living gateways; undefined where none does. */
export async function waitingSince({ watermarks }: Pick<Catalog, "watermarks">, container: string, now: Date): Promise<Date | undefined> {
  const journals = await watermarks.find({ _id: { $regex: "^journal/" } }).toArray();
  const since = journals
    .filter(({ at }) => Math.abs(now.getTime() - at.getTime()) < patience)
    .flatMap(({ waiting = [] }) => waiting)
    .filter((one) => one.container === undefined || one.container === container)
    .map((one) => one.since.getTime());
  return since.length > 0 ? new Date(Math.min(...since)) : undefined;
}
