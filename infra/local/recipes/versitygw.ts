import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { goInstall } from "../builds.ts";
import type { Recipe } from "../recipe.ts";
import { probeS3 } from "../s3.ts";

const version = "v1.8.0";

/** S3 over a plain folder: the second store that everything said of S3 must hold for. */
export const versitygw: Recipe = {
  name: "versitygw",
  title: "versitygw",
  version: version.slice(1),
  variable: "SLUICE_S3_URL",
  port: "versitygw",
  installed: { program: "versitygw" },
  buildTime: "about a minute",
  build: goInstall(`github.com/versity/versitygw/cmd/versitygw@${version}`),
  artefact: "versitygw",
  async launch({ program, data, ports, env }) {
    const [objects, versions] = [join(data, "objects"), join(data, "versions")];
    await Promise.all([objects, versions].map((folder) => mkdir(folder, { recursive: true })));
    const { SLUICE_GATEWAY_URL: gateway, SLUICE_S3_REGION: region } = env;
    return {
      command: program,
      args: ["--port", `127.0.0.1:${ports.versitygw}`, "--region", region, "--quiet", "--keep-alive"]
        .concat("--event-webhook-url", new URL("/webhooks/s3", gateway).href)
        .concat("posix", "--versioning-dir", versions, objects),
      env: { ROOT_ACCESS_KEY: env.SLUICE_S3_ACCESS_KEY, ROOT_SECRET_KEY: env.SLUICE_S3_SECRET_KEY },
    };
  },
  addresses: (ports) => ({ SLUICE_S3_URL: `http://127.0.0.1:${ports.versitygw}` }),
  probe: probeS3,
};
