import { whyNoCollection } from "../../infra/landing.ts";
import { type SluiceError, terminal } from "../../sdk/contracts/errors.ts";
import type { ApiDeps } from "./deps.ts";

/** What the lake writes for itself, and containers of others, are not to be had through the API. */
export function assertLanding({ isLanding }: Pick<ApiDeps, "isLanding">, container: string): void {
  if (isLanding(container)) return;
  const unusable = whyNoCollection(container);
  const why = unusable === undefined ? "" : ` Its name cannot be a collection's in the catalog: ${unusable}.`;
  throw terminal(
    "NOT_A_LANDING_CONTAINER",
    `"${container}" is not one of the lake's landing containers.${why} \`sluice ls\` lists them; SLUICE_CONTAINERS names them.`,
  );
}

/** The landing containers that there are, in all stores. */
export async function listLanding({ stores, isLanding }: Pick<ApiDeps, "stores" | "isLanding">) {
  const all = await Promise.all(stores.names.map(async (store) => (await stores.get(store).containers()).map((name) => ({ name, store }))));
  return all.flat().filter(({ name }) => isLanding(name));
}

export function gone(container: string, key: string): SluiceError {
  return terminal("OBJECT_GONE", `The object ${container}/${key} is not in the lake. \`sluice ls ${container}\` lists those that are.`);
}
