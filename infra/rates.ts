import { z } from "zod";
import type { Rate } from "./token-bucket.ts";

/** What one tenant may do: objects and bytes a second. */
export type TenantLimits = { readonly objects?: Rate; readonly bytes?: Rate };

/** By tenant: a container's name, `user:NAME`; `*` and `user:*` for those not named. */
export type Tenants = { readonly [tenant: string]: TenantLimits };

/** Rows a second, by sink. */
export type SinkLimits = { readonly [sink: string]: number };

const sinks = ["influxdb", "mongodb", "neo4j"];
const units: { readonly [unit: string]: number } = { kB: 1e3, MB: 1e6, GB: 1e9, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
const amount = /^(\d+(?:\.\d+)?) ?(kB|MB|GB|KiB|MiB|GiB|B)?$/;

/** `influxdb=2000/s,neo4j=50/s` */
export const sinkLimits = z.string().transform((text, context): SinkLimits => {
  const limits: { [sink: string]: number } = {};
  for (const [sink, rate] of assignments(text, ",")) {
    const parsed = rateOf(rate);
    if (!sinks.includes(sink) || !parsed || parsed.ofBytes) {
      context.addIssue({ code: "custom", message: `"${sink}=${rate}": expected SINK=ROWS/s with one of ${sinks.join(", ")}` });
      return z.NEVER;
    }
    limits[sink] = parsed.rate.perSecond;
  }
  return limits;
});

/** `campus=100/s,50MB/s; user:alice=10/s burst 100; *=500/s` */
export const tenants = z.string().transform((text, context): Tenants => {
  const found: { [tenant: string]: TenantLimits } = {};
  for (const [tenant, rates] of assignments(text, ";")) {
    const parsed = rates.split(",").map((rate) => rateOf(rate.trim()));
    if (tenant === "" || parsed.includes(undefined)) {
      context.addIssue({
        code: "custom",
        message: `"${tenant}=${rates}": expected CONTAINER or user:NAME, then one rate or two, as campus=100/s,50MB/s burst 200MB`,
      });
      return z.NEVER;
    }
    found[tenant] = Object.fromEntries(parsed.flatMap((one) => (one ? [[one.ofBytes ? "bytes" : "objects", one.rate]] : [])));
  }
  return found;
});

function assignments(text: string, separator: string): readonly (readonly [name: string, value: string])[] {
  const entries = text.split(separator).map((entry) => entry.trim());
  return entries.filter(Boolean).map((entry) => {
    const at = entry.lastIndexOf("=");
    return [entry.slice(0, Math.max(0, at)).trim(), entry.slice(at + 1).trim()];
  });
}

/** Without a burst a second's worth may come at once. */
function rateOf(text: string): { readonly rate: Rate; readonly ofBytes: boolean } | undefined {
  const [, each = "", most] = /^(.+?)\/s(?: burst (.+))?$/.exec(text) ?? [];
  const perSecond = amountOf(each);
  const burst = most === undefined ? perSecond : amountOf(most);
  if (!perSecond || !burst || perSecond.value <= 0 || perSecond.ofBytes !== burst.ofBytes) return undefined;
  return { rate: { perSecond: perSecond.value, burst: Math.max(1, burst.value) }, ofBytes: perSecond.ofBytes };
}

function amountOf(text: string): { readonly value: number; readonly ofBytes: boolean } | undefined {
  const [, number, unit] = amount.exec(text) ?? [];
  return number === undefined ? undefined : { value: Number(number) * (units[unit ?? ""] ?? 1), ofBytes: unit !== undefined };
}
