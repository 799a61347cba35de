/** A text as a part of a regular expression that fits it alone, for JavaScript and MongoDB; Node 22 has no `RegExp.escape`. */
export function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
