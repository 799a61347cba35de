import { isSluiceError } from "../../sdk/contracts/errors.ts";
import { createOutput } from "./output.ts";

/** One clear sentence on stderr (with `--json` also a value on stdout), the stack only where debugging is asked for. */
export function reportError(error: unknown, options: { readonly json: boolean }): void {
  const output = createOutput(options);
  const message = error instanceof Error ? error.message : String(error);
  output.note(`sluice: ${message}`);
  if (process.env["SLUICE_LOG"] === "debug" && error instanceof Error) output.note(String(error.stack));
  output.result({ error: { code: isSluiceError(error) ? error.code : "FAILED", message } });
}
