import { expect, it } from "vitest";
import { lazily } from "./lazily.ts";

it("opens once for all who ask, and again only after an opening that failed", async () => {
  let times = 0;
  const open = lazily(async () => {
    times += 1;
    if (times === 1) throw new Error("not yet");
    return times;
  });
  expect(await Promise.allSettled([open(), open()])).toMatchObject([{ status: "rejected" }, { status: "rejected" }]);
  expect(times).toBe(1);
  expect(await Promise.all([open(), open(), open()])).toEqual([2, 2, 2]);
  expect(await open()).toBe(2);
});
