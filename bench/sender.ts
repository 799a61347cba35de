import { Agent, request } from "undici";

export type Sender = AsyncDisposable & {
  /** Posts the store's event for an object. @throws where it is not answered with 200 */
  tell(url: string, container: string, key: string, size: number): Promise<void>;
};

/** What waits for one of these waits on the clock of whoever measures; opening a thousand at once would be another measurement. */
const connections = 64;

export function createSender(secret = ""): Sender {
  const dispatcher = new Agent({ connections });
  const headers = { "content-type": "application/json", authorization: `Bearer ${secret}` };
  return {
    async tell(url, container, key, size) {
      const s3 = { bucket: { name: container }, object: { key: encodeURIComponent(key), size } };
      const body = JSON.stringify({ Records: [{ eventName: "s3:ObjectCreated:Put", eventTime: new Date().toISOString(), s3 }] });
      const answer = await request(url, { dispatcher, method: "POST", headers, body });
      const text = await answer.body.text();
      if (answer.statusCode !== 200)
        throw new Error(`${url} answered the webhook for ${container}/${key} with ${answer.statusCode}: ${text}`);
    },
    [Symbol.asyncDispose]: () => dispatcher.close(),
  };
}
