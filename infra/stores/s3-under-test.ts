import type { Environment } from "../config.ts";
import type { StoreUnderTest } from "./contract.ts";
import { createS3Store } from "./s3.ts";

/** The store of an environment, beside one that is absent and one that does not know us. */
export function s3UnderTest(env: Environment): StoreUnderTest {
  const settings = {
    url: env.SLUICE_S3_URL,
    accessKey: env.SLUICE_S3_ACCESS_KEY,
    secretKey: env.SLUICE_S3_SECRET_KEY,
    region: env.SLUICE_S3_REGION,
  };
  return {
    store: createS3Store(settings),
    absent: createS3Store({ ...settings, url: "http://127.0.0.1:9" }),
    stranger: createS3Store({ ...settings, secretKey: "not-the-secret" }),
  };
}
