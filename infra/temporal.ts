import { Client, Connection } from "@temporalio/client";
import protocol from "@temporalio/proto";
import { retryable } from "../sdk/contracts/errors.ts";
import { type SearchAttributeName, searchAttributes } from "../sdk/contracts/search-attributes.ts";
import type { Environment } from "./config.ts";

export type TemporalSettings = Pick<Environment, "SLUICE_TEMPORAL_ADDRESS" | "SLUICE_TEMPORAL_NAMESPACE">;

export type Temporal = AsyncDisposable & {
  readonly connection: Connection;
  readonly client: Client;
  readonly namespace: string;
};

export async function connectTemporal(settings: TemporalSettings): Promise<Temporal> {
  const { SLUICE_TEMPORAL_ADDRESS: address, SLUICE_TEMPORAL_NAMESPACE: namespace } = settings;
  try {
    return temporalOver(await Connection.connect({ address, connectTimeout: "5s" }), namespace);
  } catch (cause) {
    throw retryable(
      "TEMPORAL_UNAVAILABLE",
      `Temporal does not answer at ${address}. Start the lake with \`sluice up\`, or put the address of a running ` +
        `Temporal into SLUICE_TEMPORAL_ADDRESS.`,
      { cause },
    );
  }
}

/** Connects with the first call and again after each break: for processes that must start without Temporal. */
export function connectTemporalLazily(settings: TemporalSettings): Temporal {
  const connection = Connection.lazy({ address: settings.SLUICE_TEMPORAL_ADDRESS });
  return temporalOver(connection, settings.SLUICE_TEMPORAL_NAMESPACE);
}

function temporalOver(connection: Connection, namespace: string): Temporal {
  return {
    connection,
    client: new Client({ connection, namespace }),
    namespace,
    [Symbol.asyncDispose]: () => connection.close(),
  };
}

export async function missingSearchAttributes({ connection, namespace }: Pick<Temporal, "connection" | "namespace">) {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return (Object.keys(searchAttributes) as SearchAttributeName[]).filter((name) => !(name in customAttributes));
}

/** Registers those search attributes that the namespace lacks; returns their names. */
export async function registerSearchAttributes(
  temporal: Pick<Temporal, "connection" | "namespace">,
): Promise<readonly SearchAttributeName[]> {
  const missing = await missingSearchAttributes(temporal);
  if (missing.length === 0) return missing;
  const { IndexedValueType } = protocol.temporal.api.enums.v1;
  const types = {
    Keyword: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    KeywordList: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST,
  };
  await temporal.connection.operatorService.addSearchAttributes({
    namespace: temporal.namespace,
    searchAttributes: Object.fromEntries(missing.map((name) => [name, types[searchAttributes[name]]])),
  });
  return missing;
}
