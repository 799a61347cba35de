import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** What a client sends on one connection, piece by piece. */
export type Listener = (piece: Buffer) => void;

/** The network between the engine and one server. */
export type TcpProxy = AsyncDisposable & {
  readonly port: number;
  /** Nothing goes through any more, in either direction, and nobody is told: as when a cable is pulled. */
  cut(): void;
  /** What was open is reset, what comes now goes through. */
  mend(): void;
};

/** Forwards connections to a port of this machine; `listen` is told what clients send. */
export async function openTcpProxy(target: number, listen?: () => Listener): Promise<TcpProxy> {
  const open = new Set<Socket>();
  let isCut = false;

  const server = createServer((client) => {
    const upstream = connect({ host: "127.0.0.1", port: target });
    const heard = listen?.();
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(socket);
      socket.setNoDelay(true);
      socket.on("data", (piece: Buffer) => {
        if (isCut) return;
        if (socket === client) heard?.(piece);
        if (!other.write(piece)) socket.pause();
      });
      other.on("drain", () => socket.resume());
      socket.on("end", () => isCut || other.end());
      // A server that is killed resets its connections: so must the client see it.
      socket.on("error", () => isCut || other.resetAndDestroy());
      socket.on("close", () => open.delete(socket));
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  function reset(): void {
    for (const socket of open) socket.resetAndDestroy();
  }

  return {
    port: (server.address() as AddressInfo).port,
    cut: () => void (isCut = true),
    mend() {
      isCut = false;
      reset();
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      reset();
      await closed;
    },
  };
}
