import stringWidth from "string-width";

const numbers = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

/** `1 object`, `1,000 objects`. */
export function count(amount: number, one: string, many = `${one}s`): string {
  return `${numbers.format(amount)} ${amount === 1 ? one : many}`;
}

export function number(amount: number): string {
  return numbers.format(amount);
}

/** `48 kB`, in powers of 1,000. */
export function bytes(amount: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  const power = Math.max(0, Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, amount)) / 3)));
  return `${short.format(amount / 1000 ** power)} ${units[power]}`;
}

/** `12 ms`, `1.2 s`, `2 min 3 s`, `1 h 4 min`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const [high, low, unit, part] = whole < 3600 ? [60, 1, "min", "s"] : [3600, 60, "h", "min"];
  const rest = Math.floor((whole % high) / low);
  return `${Math.floor(whole / high)} ${unit}${rest ? ` ${rest} ${part}` : ""}`;
}

/** `2026-03-28 11:41:06`, in the reader's time zone. */
export function moment(iso: string): string {
  return new Date(iso).toLocaleString("sv-SE", { dateStyle: "short", timeStyle: "medium" });
}

/** `11:41:06.120`, in the reader's time zone. */
export function clock(iso: string): string {
  const time = new Date(iso);
  return `${time.toLocaleTimeString("sv-SE")}.${String(time.getMilliseconds()).padStart(3, "0")}`;
}

/** What others wrote (keys, reasons) without power over the terminal: control characters are shown as escapes. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these are the ones
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (control) => {
    const escape = JSON.stringify(control).slice(1, -1);
    return escape.startsWith("\\") ? escape : `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** `one · other`, folded between facts. */
export function foldFacts(facts: readonly string[], width: number): readonly string[] {
  const whole = facts.filter(Boolean).map((fact) => printable(fact).replaceAll(" ", "\u00a0"));
  return fold(whole.join("\u00a0· "), width).map((line) => line.replaceAll("\u00a0", " "));
}

/** Folds a sentence at spaces; a word longer than the width stays whole, so that addresses can be clicked. */
export function fold(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && stringWidth(line) + 1 + stringWidth(word) > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
