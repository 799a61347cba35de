import type { Mischief } from "./proxies/webhook-proxy.ts";

/** Shares of the store's events. Dropped ones come back by reconciliation. */
export const mischief: Mischief = { repeat: 0.05, reorder: 0.05, drop: 0.05 };
