import picomatch from "picomatch";

/** Whether objects land in a container of this name. */
export type IsLanding = (container: string) => boolean;

/** A collection's whole name, with its database's, may have 120 bytes in every MongoDB. */
const longestContainer = 120 - "swift.".length;

/** By globs such as `campus` or `edge-*`. What the lake itself writes stands in `sluice-…` and starts nothing. */
export function landingContainers(globs: readonly string[]): IsLanding {
  const matches = picomatch([...globs]);
  return (container) => !container.startsWith("sluice-") && matches(container) && whyNoCollection(container) === undefined;
}

/** The landing containers that can be created: what a glob stands for is made by others. */
export function namedContainers(globs: readonly string[]): readonly string[] {
  return globs.filter((glob) => !picomatch.scan(glob).isGlob);
}

/** A container's documents stand in a collection of its name: why MongoDB takes none, if it does not. */
export function whyNoCollection(container: string): string | undefined {
  const bytes = Buffer.byteLength(container);
  if (container === "") return "it is empty";
  if (bytes > longestContainer) return `it has ${bytes} bytes, and MongoDB takes ${longestContainer} here`;
  if (/[$\0]/.test(container)) return `MongoDB takes no "$" and no NUL in it`;
  if (container.startsWith("system.")) return `MongoDB keeps names that begin with "system." for itself`;
  return /^\.|\.$|\.\./.test(container) ? "MongoDB takes no dot at its ends and no two in a row" : undefined;
}
