import { BSON } from "mongodb";
import type { Listener } from "./tcp-proxy.ts";

/** Effects that were sent to a sink: each is counted once more than it had to be whenever it is sent again. */
export type EffectCounter = {
  /** A listener for each connection. */
  readonly listen: () => Listener;
  readonly sent: () => number;
  readonly repeated: () => number;
};

function counting(attach: (seen: (effect: string) => void) => Listener): EffectCounter {
  const known = new Set<string>();
  let sent = 0;
  const seen = (effect: string) => {
    sent += 1;
    known.add(effect);
  };
  return { listen: () => attach(seen), sent: () => sent, repeated: () => sent - known.size };
}

/** Points in the bodies of InfluxDB's write requests: their lines, which end with the object's mark and the time. */
export function countPoints(): EffectCounter {
  return counting((seen) => {
    let begun = "";
    return (piece) => {
      const lines = (begun + piece.toString("latin1")).split("\n");
      begun = lines.pop() ?? "";
      for (const line of lines) if (/[ ,]object=\d+i -?\d+$/.test(line)) seen(line);
    };
  });
}

const headerBytes = 16;
const message = 2_013;

/** Documents in the updates of the database `processed`: each with the number of the processing that wrote it. */
export function countDocuments(): EffectCounter {
  return counting((seen) => {
    let begun = Buffer.alloc(0);
    return (piece) => {
      begun = Buffer.concat([begun, piece]);
      while (begun.length >= headerBytes && begun.length >= begun.readInt32LE(0)) {
        const frame = begun.subarray(0, begun.readInt32LE(0));
        begun = begun.subarray(frame.length);
        if (frame.readInt32LE(12) === message) for (const effect of updatesIn(frame)) seen(effect);
      }
    };
  });
}

type Update = { readonly q: { readonly _id: unknown }; readonly u: { readonly _object?: { readonly number: number } } };

/** A message of MongoDB's protocol is a command, whose long lists may stand behind it. */
function updatesIn(frame: Buffer): readonly string[] {
  const command = frame.subarray(headerBytes + 5);
  if (frame[headerBytes + 4] !== 0 || command.toString("latin1", 5, 11) !== "update") return [];
  const length = command.readInt32LE(0);
  const { $db: database, updates = [] } = BSON.deserialize(command.subarray(0, length)) as { $db?: string; updates?: Update[] };
  if (database !== "processed") return [];
  const listed = [...updates, ...sequenceIn(command.subarray(length))];
  return listed.map(({ q, u }) => `${JSON.stringify(q._id)} ${u._object?.number}`);
}

function sequenceIn(section: Buffer): readonly Update[] {
  if (section[0] !== 1) return [];
  const end = 1 + section.readInt32LE(1);
  const found: Update[] = [];
  for (let at = section.indexOf(0, 5) + 1; at < end; at += section.readInt32LE(at))
    found.push(BSON.deserialize(section.subarray(at, at + section.readInt32LE(at))) as Update);
  return found;
}
