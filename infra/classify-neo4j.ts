import { isSluiceError, retryable, type SluiceError, terminal } from "../sdk/contracts/errors.ts";

/** Anything the Neo4j driver throws, as an error of Sluice. `doing` says what was asked: `merge 12 nodes`. */
export function classifyNeo4jError(error: unknown, doing: string): SluiceError {
  if (isSluiceError(error)) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const reason = error instanceof Error ? error.message : String(error);
  const said = `Neo4j could not ${doing}: ${reason.slice(0, 600)}${code && ` (${code})`}.`;
  const options = { cause: error };
  if (code.startsWith("Neo.ClientError.Security")) {
    return retryable("SINK_REFUSED", `${said} See SLUICE_NEO4J_USER and SLUICE_NEO4J_PASSWORD.`, options);
  }
  if (code === "Neo.ClientError.Schema.ConstraintValidationFailed") {
    return terminal(
      "CONSTRAINT_VIOLATED",
      `${said} A constraint of the database refuses it: give such nodes keys and properties that fit.`,
      options,
    );
  }
  if (code === "Neo.ClientError.Database.DatabaseNotFound") {
    return retryable("SINK_MISSING", `${said} Create the database, or correct SLUICE_NEO4J_URL.`, options);
  }
  if (code.startsWith("Neo.ClientError.Statement") || code.startsWith("Neo.ClientError.Request")) {
    return terminal("SINK_REFUSED_DATA", `${said} See what the task yields for this object.`, options);
  }
  return retryable("SINK_UNAVAILABLE", `${said} It is tried again; \`sluice doctor\` says whether Neo4j is well.`, options);
}

/** An index of the same kind is there already, or the data do not allow a constraint. */
export function isSchemaConflict(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("Neo.ClientError.Schema.");
}
