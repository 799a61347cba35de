import { describe, expect, it } from "vitest";
import { hasMoved, median, percentile, spreadOf } from "./statistics.ts";

describe("median", () => {
  it("is the middle value, or the mean of the two in the middle", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 6])).toBe(5.5);
    expect(median([])).toBeNaN();
  });
});

describe("percentile", () => {
  it("is a value that was measured, by the nearest rank", () => {
    const values = Array.from({ length: 200 }, (_, index) => 200 - index);
    expect(percentile(values, 0.5)).toBe(100);
    expect(percentile(values, 0.99)).toBe(198);
    expect(percentile([3, 1], 0.99)).toBe(3);
    expect(percentile([3, 1], 0)).toBe(1);
  });
});

describe("hasMoved", () => {
  it("is true beyond the wider of both spreads", () => {
    expect(hasMoved(spreadOf([10, 11, 12]), spreadOf([13, 13.5, 14]))).toBe(true);
    expect(hasMoved(spreadOf([10, 11, 12]), spreadOf([12, 13, 13]))).toBe(false);
    expect(hasMoved(spreadOf([10, 11, 12]), spreadOf([10, 14, 15]))).toBe(false);
    expect(hasMoved(spreadOf([14, 13, 15]), spreadOf([10, 10, 10]))).toBe(true);
  });

  it("is not known of a single round", () => {
    expect(hasMoved(spreadOf([10]), spreadOf([1, 2, 3]))).toBeUndefined();
  });
});
