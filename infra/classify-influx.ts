import { retryable, type SluiceError, terminal } from "../sdk/contracts/errors.ts";

/** What InfluxDB answered. */
export type InfluxAnswer = { readonly status: number; readonly message: string };

const limits = /max-values-per-tag|max-series-per-database|max key length|max series/i;

/** An answer of InfluxDB that is not a success, as an error of Sluice. `doing` says what was asked: `write 12 points to sluice`. */
export function classifyInfluxAnswer({ status, message }: InfluxAnswer, doing: string): SluiceError {
  const said = `InfluxDB answered ${status} when asked to ${doing}: ${message.trim().slice(0, 600) || "no reason given"}.`;
  if (/field type conflict/i.test(message)) {
    return terminal(
      "FIELD_TYPE_CONFLICT",
      `${said} The measurement holds this field with another type already: give the field another name, or have the task yield the same type always.`,
    );
  }
  if (/beyond retention policy/i.test(message)) {
    return terminal(
      "BEYOND_RETENTION",
      `${said} The database keeps points for a shorter time: make its retention policy longer, or leave such points out.`,
    );
  }
  if (limits.test(message)) {
    return terminal(
      "SINK_LIMIT",
      `${said} A value that differs from point to point should be a field, not a tag; or raise the limit in InfluxDB's configuration and process the object again.`,
    );
  }
  if (status === 413)
    return terminal("POINT_TOO_LARGE", `${said} Shorten the texts of the point, or raise max-body-size in InfluxDB's configuration.`);
  if (status === 401 || status === 403) return retryable("SINK_REFUSED", `${said} See SLUICE_INFLUX_USER and SLUICE_INFLUX_PASSWORD.`);
  if (status === 404 || /database not found/i.test(message)) {
    return retryable("SINK_MISSING", `${said} Create the database named in SLUICE_INFLUX_DATABASE; \`sluice up\` does it.`);
  }
  if (status === 400) return terminal("SINK_REFUSED_DATA", `${said} See what the task yields for this object.`);
  return retryable("SINK_UNAVAILABLE", `${said} It is tried again; \`sluice doctor\` says whether InfluxDB is well.`);
}

/** InfluxDB could not be asked at all. */
export function classifyInfluxError(error: unknown, where: string): SluiceError {
  const reason = error instanceof Error ? error.message || error.name : String(error);
  return retryable(
    "SINK_UNAVAILABLE",
    `InfluxDB at ${where} did not answer: ${reason}. It is tried again; see whether it runs and whether SLUICE_INFLUX_URL is right: \`sluice doctor\`.`,
    { cause: error },
  );
}
