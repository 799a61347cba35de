import { isSluiceError } from "../sdk/contracts/errors.ts";
import { ConfigurationError } from "./config.ts";

/** Runs a process of the lake to its end. What went wrong is said in a sentence, with a stack only where it is a defect. */
export async function runProcess(main: () => Promise<void>): Promise<never> {
  try {
    await main();
    // All is closed by now, but for attempts to connect that were given up: nothing is worth waiting for.
    process.exit(0);
  } catch (error) {
    const known = error instanceof ConfigurationError || isSluiceError(error);
    process.stderr.write(`${known ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  }
}
