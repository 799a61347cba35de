import { buffer } from "node:stream/consumers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { abortable, inParts, inSegments, ofSize } from "./streams.ts";

const chunks = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 12 });
const stream = async function* (pieces: readonly Uint8Array[]) {
  yield* pieces;
};

describe("a stream", () => {
  it("in parts is the same bytes, every part full but the last, and one empty part for nothing", async () => {
    await fc.assert(
      fc.asyncProperty(chunks, fc.integer({ min: 1, max: 30 }), async (pieces, first) => {
        const bytesOf = (part: number) => first + part;
        const parts: Buffer[] = [];
        for await (const part of inParts(stream(pieces), bytesOf)) parts.push(part);
        expect(Buffer.concat(parts)).toEqual(Buffer.concat(pieces));
        expect(parts.length).toBeGreaterThan(0);
        parts.forEach((part, index) => {
          if (index < parts.length - 1) expect(part.length).toBe(bytesOf(index + 1));
          else if (index > 0) expect(part.length).toBeGreaterThan(0);
        });
      }),
    );
  });

  it("in segments is the same bytes, every segment full but the last, and none for nothing", async () => {
    await fc.assert(
      fc.asyncProperty(chunks, fc.integer({ min: 1, max: 50 }), async (pieces, bytes) => {
        const whole = Buffer.concat(pieces);
        const segments: Buffer[] = [];
        for await (const segment of inSegments(stream(pieces), bytes)) segments.push(await buffer(segment));
        expect(Buffer.concat(segments)).toEqual(whole);
        expect(segments.map((segment) => segment.length)).toEqual(
          Array.from({ length: Math.ceil(whole.length / bytes) }, (_, index) => Math.min(bytes, whole.length - index * bytes)),
        );
      }),
    );
  });

  it("of a stated size passes as it is, and never gives all of the size where there is more", async () => {
    await fc.assert(
      fc.asyncProperty(chunks, fc.integer({ min: 0, max: 60 }), async (pieces, size) => {
        const whole = Buffer.concat(pieces);
        const seen: Uint8Array[] = [];
        const read = async () => {
          for await (const chunk of ofSize(stream(pieces), size, "campus/a")) seen.push(chunk);
        };
        if (whole.length === size) {
          await read();
          expect(Buffer.concat(seen)).toEqual(whole);
        } else {
          await expect(read()).rejects.toMatchObject({ code: "WRONG_SIZE" });
          expect(Buffer.concat(seen).length).toBeLessThan(Math.max(size, 1));
        }
      }),
    );
  });

  it("that is aborted ends, though its source is silent", async () => {
    const abort = new AbortController();
    const silent = async function* () {
      yield Buffer.from("a");
      await new Promise(() => {});
    };
    const reading = buffer(abortable(silent(), abort.signal));
    abort.abort(new Error("enough"));
    await expect(reading).rejects.toThrow("enough");
  });
});
