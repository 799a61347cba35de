import { z } from "zod";

const names = z.array(z.string().min(1));

const columnOptions = z.strictObject({
  measurement: z.union([z.string().min(1), z.strictObject({ column: z.string().min(1) })]),
  time: z.string().min(1).default("time"),
  tags: names.default([]),
  fields: names.optional(),
});

export type ColumnOptions = z.output<typeof columnOptions>;

/** Undefined where no option is given: the rows are then complete points, `{ measurement, time, tags, fields }`. */
export const pointOptions = z.preprocess((given) => (isEmpty(given) ? undefined : given), columnOptions.optional());

export type PointOptions = z.output<typeof pointOptions>;

function isEmpty(given: unknown): boolean {
  return typeof given === "object" && given !== null && Object.keys(given).length === 0;
}
