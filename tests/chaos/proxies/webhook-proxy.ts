import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import type { Random } from "../generator/random.ts";

/** How large a share of the events is treated badly, and in what way. */
export type Mischief = { readonly repeat: number; readonly reorder: number; readonly drop: number };

export type MischiefDone = { readonly [way in keyof Mischief]: number } & { readonly events: number };

export type WebhookProxy = AsyncDisposable & {
  readonly url: string;
  readonly done: MischiefDone;
  /** Versions of objects of which the gateway is not told, each as container, key and version. */
  isDropped(container: string, key: string, version: string): boolean;
  /** Resolves once everything that was held back or is to be repeated has been delivered. */
  idle(): Promise<void>;
};

type Event = { readonly path: string; readonly headers: { readonly [name: string]: string }; readonly body: Buffer };

/** Stands between the store and the gateway, and repeats, delays or swallows some of the events. */
export async function openWebhookProxy(gateway: string, shares: Mischief, random: Random): Promise<WebhookProxy> {
  const done = { events: 0, repeat: 0, reorder: 0, drop: 0 };
  const dropped = new Set<string>();
  const closing = new AbortController();
  const underway = new Set<Promise<void>>();

  async function forward({ path, headers, body }: Event): Promise<number> {
    try {
      const answer = await fetch(new URL(path, gateway), { method: "POST", headers, body: new Uint8Array(body), signal: closing.signal });
      await answer.arrayBuffer();
      return answer.status;
    } catch {
      return 503;
    }
  }

  /** The store believes it delivered: by whatever happens to the gateway, it has to be. */
  function deliverLater(event: Event, after: number): void {
    const delivering = (async () => {
      await pause(after, undefined, { signal: closing.signal });
      while ((await forward(event)) >= 300) await pause(500, undefined, { signal: closing.signal });
    })().catch((error: unknown) => {
      if (!closing.signal.aborted) throw error;
    });
    underway.add(delivering);
    void delivering.finally(() => underway.delete(delivering));
  }

  async function take(event: Event): Promise<number> {
    done.events += 1;
    const luck = random.next();
    if (luck < shares.drop) {
      done.drop += 1;
      for (const name of versionsIn(event.body)) dropped.add(name);
      return 200;
    }
    if (luck < shares.drop + shares.reorder) {
      done.reorder += 1;
      deliverLater(event, random.whole(300, 3_000));
      return 200;
    }
    const status = await forward(event);
    if (status < 300 && luck < shares.drop + shares.reorder + shares.repeat) {
      done.repeat += 1;
      deliverLater(event, random.whole(0, 4_000));
    }
    return status;
  }

  const server = createServer((request, response) => {
    void (async () => {
      const event = { path: request.url ?? "/", headers: passedOn(request), body: await buffer(request) };
      response.writeHead(event.body.length === 0 ? 200 : await take(event)).end();
    })().catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    done,
    isDropped: (container, key, version) => dropped.has(JSON.stringify([container, key, version])),
    async idle() {
      while (underway.size > 0) await Promise.all(underway);
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      server.closeAllConnections();
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}

type Notification = {
  readonly Records: readonly { readonly s3: { readonly bucket: { name: string }; readonly object: { key: string; versionId?: string } } }[];
};

/** Keys are encoded as in a form. */
function versionsIn(body: Buffer): readonly string[] {
  const { Records } = JSON.parse(body.toString()) as Notification;
  return Records.map(({ s3: { bucket, object } }) =>
    JSON.stringify([bucket.name, decodeURIComponent(object.key.replaceAll("+", " ")), object.versionId]),
  );
}

function passedOn({ headers }: IncomingMessage): { readonly [name: string]: string } {
  const names = ["authorization", "content-type"] as const;
  return Object.fromEntries(names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])));
}
