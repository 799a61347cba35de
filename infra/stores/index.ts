import { terminal } from "../../sdk/contracts/errors.ts";
import type { Environment } from "../config.ts";
import type { ObjectStore } from "./object-store.ts";
import { createS3Store } from "./s3.ts";
import { createSwiftStore } from "./swift.ts";

export type ObjectStores = AsyncDisposable & {
  readonly names: readonly string[];
  /** @throws `NO_SUCH_STORE` (terminal). */
  get(name: string): ObjectStore;
};

type StoreSettings = Pick<
  Environment,
  | "SLUICE_S3_URL"
  | "SLUICE_S3_ACCESS_KEY"
  | "SLUICE_S3_SECRET_KEY"
  | "SLUICE_S3_REGION"
  | "SLUICE_SWIFT_AUTH_URL"
  | "SLUICE_SWIFT_USER"
  | "SLUICE_SWIFT_KEY"
>;

/** The stores that the environment names: `s3` always, `swift` where its address is given. */
export function createStores(env: StoreSettings): ObjectStores {
  const s3 = createS3Store({
    url: env.SLUICE_S3_URL,
    accessKey: env.SLUICE_S3_ACCESS_KEY,
    secretKey: env.SLUICE_S3_SECRET_KEY,
    region: env.SLUICE_S3_REGION,
  });
  const swift =
    env.SLUICE_SWIFT_AUTH_URL &&
    createSwiftStore({ authUrl: env.SLUICE_SWIFT_AUTH_URL, user: env.SLUICE_SWIFT_USER, key: env.SLUICE_SWIFT_KEY });
  const stores = new Map([s3, ...(swift ? [swift] : [])].map((store) => [store.name, store]));
  const names = [...stores.keys()];
  return {
    names,
    get(name) {
      const store = stores.get(name);
      if (store !== undefined) return store;
      const advice =
        name === "swift"
          ? "Set SLUICE_SWIFT_AUTH_URL, SLUICE_SWIFT_USER and SLUICE_SWIFT_KEY."
          : "Correct the name in the arrival or the request.";
      throw terminal("NO_SUCH_STORE", `There is no object store "${name}": configured are ${names.join(", ")}. ${advice}`);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...stores.values()].map((store) => store[Symbol.asyncDispose]()));
    },
  };
}
