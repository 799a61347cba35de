import picomatch from "picomatch";

/** Whether objects land in a container of this name. */
export type IsLanding = (container: string) => boolean;

/** By globs such as `campus` or `edge-*`. What the lake itself writes stands in `sluice-…` and starts nothing. */
export function landingContainers(globs: readonly string[]): IsLanding {
  const matches = picomatch([...globs]);
  return (container) => !container.startsWith("sluice-") && matches(container);
}

/** The landing containers that can be created: what a glob stands for is made by others. */
export function namedContainers(globs: readonly string[]): readonly string[] {
  return globs.filter((glob) => !picomatch.scan(glob).isGlob);
}
