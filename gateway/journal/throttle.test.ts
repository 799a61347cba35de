import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createThrottle, createUploadGate, tenantOf } from "./throttle.ts";

const rate = (perSecond: number, burst = perSecond) => ({ perSecond, burst });

describe("a throttle", () => {
  it("knows limits by name, for those not named, and for nobody else", () => {
    const throttle = createThrottle({ campus: { objects: rate(1) }, "*": { objects: rate(2) }, "user:*": { objects: rate(3) } });
    expect(["campus", "factory", "user:alice"].map((tenant) => throttle.limits(tenant)?.objects?.perSecond)).toEqual([1, 2, 3]);
    const lenient = createThrottle({ campus: { objects: rate(1) } });
    expect([lenient.limits("factory"), lenient.wait("factory"), lenient.room("factory")]).toEqual([undefined, 0, Infinity]);
  });

  it("holds each tenant to its own rates of objects and of bytes", () => {
    let time = 0;
    const throttle = createThrottle({ campus: { objects: rate(10), bytes: rate(1_000) }, factory: { objects: rate(10) } }, () => time);
    throttle.take("campus", 10, 100);
    expect([throttle.wait("campus"), throttle.wait("factory")]).toEqual([100, 0]);
    time = 1_000;
    expect([throttle.wait("campus"), throttle.room("campus")]).toEqual([0, 10]);
    throttle.take("campus", 1, 5_999);
    expect([throttle.wait("campus"), throttle.room("campus")]).toEqual([5_000, 9]);
  });

  it("lets no more objects of a tenant pass than burst and rate allow, in whatever portions they come", () => {
    const portions = fc.array(fc.record({ pause: fc.nat(3_000), most: fc.integer({ min: 1, max: 300 }) }), { minLength: 1 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 500 }), portions, (perSecond, burst, asked) => {
        let time = 0;
        let passed = 0;
        const throttle = createThrottle({ campus: { objects: rate(perSecond, burst) } }, () => time);
        for (const { pause, most } of asked) {
          time += pause;
          const count = throttle.wait("campus") > 0 ? 0 : Math.min(most, throttle.room("campus"));
          throttle.take("campus", count, 0);
          passed += count;
          expect(passed).toBeLessThanOrEqual(burst + (time / 1_000) * perSecond + 1e-6);
        }
      }),
    );
  });
});

describe("the gate of uploads", () => {
  it("holds the next upload back for bytes that were not known before they flowed", () => {
    let time = 0;
    const uploads = createUploadGate({ campus: { bytes: rate(1_000) } }, () => time);
    const campus = { container: "campus" };
    expect(uploads.admit(campus, 0)).toBe(0);
    for (const chunk of [2_000, 1_999]) uploads.charge(campus, chunk);
    expect(uploads.admit(campus, 0)).toBe(3_000);
    expect(uploads.admit({ container: "factory" }, 0)).toBe(0);
    time = 3_000;
    expect(uploads.admit(campus, 0)).toBe(0);
  });
});

describe("the tenant of an arrival", () => {
  it("is its container, or its user where the configuration has a word on that user", () => {
    const limits = { objects: rate(1) };
    const of = (tenants: object) => tenantOf({ ...tenants }, { container: "campus", user: "alice" });
    expect([of({}), of({ campus: limits }), of({ "user:bob": limits }), of({ "user:alice": limits }), of({ "user:*": limits })]).toEqual([
      "campus",
      "campus",
      "campus",
      "user:alice",
      "user:alice",
    ]);
    expect(tenantOf({ "user:*": limits }, { container: "campus" })).toBe("campus");
  });
});
