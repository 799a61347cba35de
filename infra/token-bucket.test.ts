import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTokenBucket } from "./token-bucket.ts";

describe("a token bucket", () => {
  it("lets its burst through at once, and its rate from then on", () => {
    let time = 0;
    const bucket = createTokenBucket({ perSecond: 10, burst: 3 }, () => time);
    for (let taken = 0; taken < 3; taken += 1) {
      expect(bucket.wait()).toBe(0);
      bucket.take(1);
    }
    expect(bucket.wait()).toBe(100);
    time += 100;
    expect(bucket.wait()).toBe(0);
    bucket.take(1);
    expect(bucket.wait()).toBe(100);
  });

  it("lets something larger than its burst through, and waits for it afterwards", () => {
    let time = 0;
    const bucket = createTokenBucket({ perSecond: 1_000, burst: 10 }, () => time);
    bucket.take(5_010);
    expect(bucket.wait()).toBe(5_001);
    expect(bucket.left()).toBe(0);
    time += 5_001;
    expect(bucket.wait()).toBe(0);
  });

  it("never lets more through than burst, rate and one piece allow, whatever is asked for and when", () => {
    const pieces = fc.array(fc.record({ pause: fc.nat(2_000), size: fc.integer({ min: 1, max: 50 }) }), { minLength: 1 });
    const rates = fc.record({ perSecond: fc.integer({ min: 1, max: 100 }), burst: fc.integer({ min: 1, max: 100 }) });
    fc.assert(
      fc.property(rates, pieces, (rate, asked) => {
        let time = 0;
        let passed = 0;
        const bucket = createTokenBucket(rate, () => time);
        for (const { pause, size } of asked) {
          time += pause;
          if (bucket.wait() > 0) continue;
          bucket.take(size);
          passed += size;
          expect(passed).toBeLessThanOrEqual(rate.burst + (time / 1_000) * rate.perSecond + size);
        }
      }),
    );
  });

  it("says exactly when to come back", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 10_000 }), (perSecond, size) => {
        let time = 0;
        const bucket = createTokenBucket({ perSecond, burst: 1 }, () => time);
        bucket.take(size);
        time += bucket.wait();
        expect(bucket.wait()).toBeLessThanOrEqual(1);
      }),
    );
  });
});
