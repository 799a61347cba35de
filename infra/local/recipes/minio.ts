import { join } from "node:path";
import { goInstall } from "../builds.ts";
import type { Recipe } from "../recipe.ts";
import { probeS3 } from "../s3.ts";

const version = "v0.0.0-20260212201848-7aac2a2c5b7c";

export const minio: Recipe = {
  name: "minio",
  title: "MinIO",
  version: version.replace(/^v0\.0\.0-/, ""),
  variable: "SLUICE_S3_URL",
  port: "minio",
  otherPorts: ["minioConsole"],
  installed: { program: "minio" },
  buildTime: "2–3 minutes",
  build: goInstall(`github.com/minio/minio@${version}`),
  artefact: "minio",
  launch: ({ program, data, ports, env }) => ({
    command: program,
    args: ["server", "--quiet", "--address", `127.0.0.1:${ports.minio}`, "--console-address", `127.0.0.1:${ports.minioConsole}`, data],
    env: {
      MINIO_ROOT_USER: env.SLUICE_S3_ACCESS_KEY,
      MINIO_ROOT_PASSWORD: env.SLUICE_S3_SECRET_KEY,
      MINIO_UPDATE: "off",
      MINIO_NOTIFY_WEBHOOK_ENABLE_SLUICE: "on",
      MINIO_NOTIFY_WEBHOOK_ENDPOINT_SLUICE: new URL("/webhooks/s3", env.SLUICE_GATEWAY_URL).href,
      MINIO_NOTIFY_WEBHOOK_AUTH_TOKEN_SLUICE: `Bearer ${env.SLUICE_WEBHOOK_SECRETS[0] ?? ""}`,
      // With a queue on disk, events outlive a restart of MinIO and the absence of the gateway.
      MINIO_NOTIFY_WEBHOOK_QUEUE_DIR_SLUICE: join(data, "..", "minio-events"),
      MINIO_NOTIFY_WEBHOOK_QUEUE_LIMIT_SLUICE: "1000000",
    },
  }),
  addresses: (ports) => ({ SLUICE_S3_URL: `http://127.0.0.1:${ports.minio}` }),
  probe: probeS3,
};
