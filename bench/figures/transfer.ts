import { randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import { createGatewayClient } from "../../gateway/client.ts";
import type { Part } from "../figure.ts";
import { containers } from "../lake.ts";

const block = randomBytes(1_000_000);

/** One large object up and down: through the gateway with the client that the CLI has, and straight to the store. */
export const transfer: Part = {
  name: "transfer",
  async open(lake, { quick, say, observe }) {
    const blocks = quick ? 100 : 1_000;
    const size = blocks * block.length;
    const checksum = crc32Of(Array(blocks).fill(block));
    const container = containers.silent;
    const store = lake.stores.get("s3");
    const client = createGatewayClient({ url: lake.env.SLUICE_GATEWAY_URL, token: lake.env.SLUICE_API_TOKEN });

    async function requireContent(body: AsyncIterable<Uint8Array>, from: string): Promise<void> {
      let [bytes, found] = [0, 0];
      for await (const chunk of body) [bytes, found] = [bytes + chunk.length, crc32(chunk, found)];
      if (bytes !== size || found !== checksum)
        throw new Error(`${from} gave ${bytes} bytes with checksum ${found}; expected ${size} with ${checksum}.`);
    }

    return async () => {
      say(`${size / 1e6} MB through the gateway`);
      const rate = ({ seconds }: { readonly seconds: number }) => [size / 1e6 / seconds];
      const up = await observe("upload, gateway", () =>
        client.put(container, "transfer/gateway", ReadableStream.from(content(blocks)), { size, type: "application/octet-stream" }),
      );
      const down = await observe("download, gateway", async () => {
        const { body } = await client.get(container, "transfer/gateway");
        await requireContent(body ?? new Blob([]).stream(), "The gateway");
      });
      say(`${size / 1e6} MB straight to the store`);
      const straightUp = await observe("upload, straight", () => store.put(container, "transfer/straight", content(blocks), { size }));
      const straightDown = await observe("download, straight", async () =>
        requireContent((await store.get(container, "transfer/straight")).body, "The store"),
      );
      for (const way of ["gateway", "straight"]) await store.deleteVersions(container, `transfer/${way}`);
      return [
        { name: `upload of ${size / 1e9} GB, gateway`, unit: "MB/s", values: rate(up), floors: ["upload, straight to MinIO"] },
        { name: "upload, straight to MinIO", unit: "MB/s", values: rate(straightUp) },
        { name: `download of ${size / 1e9} GB, gateway`, unit: "MB/s", values: rate(down), floors: ["download, straight from MinIO"] },
        { name: "download, straight from MinIO", unit: "MB/s", values: rate(straightDown) },
      ];
    };
  },
};

async function* content(blocks: number): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < blocks; index++) yield block;
}

function crc32Of(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, chunk) => crc32(chunk, sum), 0);
}
