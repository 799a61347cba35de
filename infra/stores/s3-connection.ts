import { AsyncLocalStorage } from "node:async_hooks";
import http from "node:http";
import https from "node:https";
import { Client } from "minio";
import { ServerBusy } from "./classify-s3.ts";

export type S3Settings = {
  readonly name?: string;
  readonly url: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
};

export type S3Connection = Disposable & {
  readonly client: Client;
  /** Runs requests of the client under a signal, which its own interface has no place for. */
  under<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T>;
};

/** The longest silence between the end of a request and the start of its answer. */
const answerWithin = 60_000;
/** Answers that the client would retry by itself, with a line on the console; here Temporal does that. */
const busy = new Set([408, 429, 499, 500, 502, 503, 504, 520]);

/**
 * The `minio` client with what small objects need: the region given, so that it never asks for a bucket's location;
 * connections kept alive; bodies unsigned (they carry an MD5 or their length), so that streams are not hashed first.
 */
export function connectS3(settings: S3Settings): S3Connection {
  const url = new URL(settings.url);
  const secure = url.protocol === "https:";
  const transport = secure ? https : http;
  const agent = new transport.Agent({ keepAlive: true, maxSockets: 256, scheduling: "lifo" });
  const signals = new AsyncLocalStorage<AbortSignal | undefined>();

  const request = (options: http.RequestOptions, answer: (response: http.IncomingMessage) => void): http.ClientRequest => {
    const signal = signals.getStore();
    const sent = transport.request(signal === undefined ? options : { ...options, signal }, (response) => {
      sent.setTimeout(0);
      if (busy.has(response.statusCode ?? 0)) sent.destroy(new ServerBusy(response.statusCode ?? 0));
      else answer(response);
    });
    sent.once("finish", () => sent.setTimeout(answerWithin, () => sent.destroy(timedOut(url.href))));
    return sent;
  };

  const client = new Client({
    endPoint: url.hostname,
    ...(url.port !== "" && { port: Number(url.port) }),
    useSSL: secure,
    accessKey: settings.accessKey,
    secretKey: settings.secretKey,
    region: settings.region,
    transport: { request: request as typeof http.request },
    transportAgent: agent,
  });
  client.enableSHA256 = false;
  return {
    client,
    under: (signal, work) => signals.run(signal, work),
    [Symbol.dispose]: () => agent.destroy(),
  };
}

function timedOut(address: string): Error {
  return Object.assign(new Error(`no answer from ${address} within ${answerWithin / 1000} s`), { code: "ETIMEDOUT" });
}
