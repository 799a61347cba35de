const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A number of milliseconds, or a number with its unit: `"90s"`, `"10m"`, `"1.5h"`. */
export type Duration = number | `${number}${keyof typeof units}`;

/** A duration in milliseconds. @throws Error where it cannot be read or is not positive. */
export function milliseconds(duration: Duration): number {
  if (typeof duration === "number") {
    if (Number.isFinite(duration) && duration > 0) return duration;
  } else {
    const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(duration) ?? [];
    if (amount && unit && Number(amount) > 0) return Number(amount) * units[unit as keyof typeof units];
  }
  throw new Error(`Found the duration ${JSON.stringify(duration)}; expected milliseconds above 0 or text such as "90s", "10m", "2h".`);
}
