const drive = /^[a-z]:/i;
/** No store lists control characters well, and terminals obey some of them. */
const controls = /\p{Cc}/u;

/** The path as a key's end, without `.` and empty steps; `refused` says what is wrong with it. */
export function memberPath(path: string): { readonly path: string } | { readonly refused: string } {
  if (controls.test(path)) return { refused: "a control character in its name" };
  if (path.includes("\\")) return { refused: "a backslash in its name" };
  if (path.startsWith("/")) return { refused: "an absolute path" };
  if (drive.test(path)) return { refused: "a drive letter" };
  const steps = path.split("/").filter((step) => step !== "" && step !== ".");
  if (steps.includes("..")) return { refused: "a path that leaves its folder" };
  if (steps.length === 0) return { refused: "an empty name" };
  return { path: steps.join("/") };
}
