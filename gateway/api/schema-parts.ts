import { z } from "@hono/zod-openapi";
import type { JsonObject } from "../../sdk/contracts/json.ts";

export const time = z.string().openapi({ format: "date-time" });
export const jsonObject = z.custom<JsonObject>(isObject).openapi({ type: "object" });
export const counts = z.record(z.string(), z.number());
export const list = <Item extends z.ZodType>(item: Item) => z.array(item).readonly();

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
