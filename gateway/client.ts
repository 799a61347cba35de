import { retryable, terminal, type SluiceError } from "../sdk/contracts/errors.ts";
import type {
  ArrivalView,
  Container,
  DagDetail,
  DagList,
  Drop,
  Dropped,
  FailureFilter,
  FailureGroups,
  Forgetting,
  ForgettingRequest,
  ObjectDocument,
  ObjectName,
  ObjectPage,
  ObjectSummary,
  Problem,
  Quarantined,
  QuarantinedDetail,
  Rebuilding,
  RebuildRequest,
  Release,
  Released,
  ReconciliationOverview,
  ReconciliationRequest,
  ReconciliationRun,
  ReprocessingDryRun,
  ReprocessingRequest,
  ReprocessingRun,
  Status,
  Trace,
  Upload,
  UploadMetadata,
} from "./api/types.ts";

export type * from "./api/types.ts";

export type GatewayClient = ReturnType<typeof createGatewayClient>;

export type GatewayAddress = {
  readonly url: string;
  readonly token: string;
  /** Who asks, for the audit. */
  readonly user?: string;
};

type Body = NonNullable<RequestInit["body"]>;

/**
 * Only a request that can neither be redirected nor sent again is not kept in memory while it is streamed: otherwise
 * Node's `fetch` sends a copy of the body and holds all of the original.
 */
const streamed = { duplex: "half", redirect: "error", window: null } as const;

/** Node's HTTP server takes 16 KiB of headers in all. */
const mostMetadata = 12 * 1024;

/** A typed client of the REST API. Uses nothing but `fetch`, so that the console can use it as well. */
export function createGatewayClient({ url, token, user = "" }: GatewayAddress) {
  const base = `${url.replace(/\/+$/, "")}/v1`;

  async function request(path: string, init: RequestInit & { duplex?: "half" } = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (token) headers.set("Authorization", `Bearer ${token}`);
    if (user) headers.set("Sluice-User", encodeURIComponent(user));
    return fetch(`${base}${path}`, { ...init, headers }).catch((cause: unknown) => {
      throw init.signal?.aborted ? cause : unreachable(url, cause);
    });
  }

  async function send(path: string, init?: RequestInit): Promise<Response> {
    const response = await request(path, init);
    if (!response.ok) throw await failureOf(response);
    return response;
  }

  const read = async <Value>(path: string, init?: RequestInit) => (await (await send(path, init)).json()) as Value;
  const post = <Value>(path: string, body: unknown, signal?: AbortSignal) =>
    read<Value>(path, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" }, signal });

  return {
    url,
    status: () => read<Status>("/status"),
    containers: async () => (await read<{ containers: Container[] }>("/containers")).containers,

    objects: (query: ObjectsQuery = {}) => read<ObjectPage>(`/objects${search(query)}`),
    /** Page after page, asked for as they are needed. */
    async *allObjects(query: ObjectsQuery = {}): AsyncGenerator<ObjectSummary> {
      let cursor = query.cursor;
      do {
        const page: ObjectPage = await read(`/objects${search({ ...query, cursor })}`);
        if (!page.complete) throw tooSlow();
        yield* page.objects;
        cursor = page.next;
      } while (cursor);
    },
    /** At most 1,000 at once; those that the catalog does not know are left out. */
    states: async (objects: readonly ObjectName[], signal?: AbortSignal) =>
      (await post<{ objects: ObjectSummary[] }>("/objects/states", { objects }, signal)).objects,

    /** Give the size where it is known: the store then takes the content in one go. */
    async put(container: string, key: string, body: Body, options: PutOptions = {}): Promise<Upload> {
      const { type, size, metadata, signal, again } = options;
      const headers = new Headers();
      if (type) headers.set("Content-Type", type);
      if (size !== undefined) headers.set("Content-Length", String(size));
      if (metadata) headers.set("Sluice-Metadata", metadataHeader(metadata));
      for (let sent: Body | undefined = body; ;) {
        const response = await request(`/objects/${pathOf(container, key)}`, { method: "PUT", body: sent, headers, signal, ...streamed });
        if (response.ok) return (await response.json()) as Upload;
        sent = response.status === 429 ? await again?.(Number(response.headers.get("Retry-After")) || 1) : undefined;
        if (sent === undefined) throw await failureOf(response);
        await response.body?.cancel();
      }
    },
    get: (container: string, key: string, options: { readonly range?: string; readonly signal?: AbortSignal } = {}) =>
      send(`/objects/${pathOf(container, key)}`, {
        ...(options.range && { headers: { Range: options.range } }),
        signal: options.signal,
      }),
    /** The version that the store holds now. */
    version: async (container: string, key: string) =>
      (await send(`/objects/${pathOf(container, key)}`, { method: "HEAD" })).headers.get("Sluice-Version") ?? "",

    document: (container: string, key: string) => read<ObjectDocument>(`/documents/${pathOf(container, key)}`),
    trace: (container: string, key: string) => read<Trace>(`/traces/${pathOf(container, key)}`),

    /** Starts it; of objects that are named, those that the catalog does not know come back as `unknown`. */
    reprocess: (request: Omit<ReprocessingRequest, "dryRun">) => post<ReprocessingRun>("/reprocessings", request),
    /** Only how many objects that would be, and some of them. */
    tryReprocess: (request: ReprocessingRequest) => post<ReprocessingDryRun>("/reprocessings", { ...request, dryRun: true }),
    reprocessing: (id: string) => read<ReprocessingRun>(`/reprocessings/${encodeURIComponent(id)}`),
    reprocessings: async (limit?: number) =>
      (await read<{ reprocessings: ReprocessingRun[] }>(`/reprocessings${search({ limit })}`)).reprocessings,
    steerReprocessing: (id: string, action: "pause" | "resume" | "cancel") =>
      post<ReprocessingRun>(`/reprocessings/${encodeURIComponent(id)}/${action}`, {}),
    /** Objects a second; null: as fast as they go. */
    throttleReprocessing: (id: string, rate: number | null) =>
      read<ReprocessingRun>(`/reprocessings/${encodeURIComponent(id)}`, {
        method: "PATCH",
        body: JSON.stringify({ rate }),
        headers: { "Content-Type": "application/json" },
      }),
    /** At most 1,000 at once; those that the journal does not know any more are left out. */
    arrivalStates: async (ids: readonly string[]) => (await post<{ arrivals: ArrivalView[] }>("/arrivals/states", { ids })).arrivals,
    arrival: (id: string) => read<ArrivalView>(`/arrivals/${encodeURIComponent(id)}`),
    arrivals: async (state: ArrivalView["state"], limit?: number) =>
      (await read<{ arrivals: ArrivalView[] }>(`/arrivals${search({ state, limit })}`)).arrivals,

    dags: async () => (await read<DagList>("/dags")).dags,
    /** With the files that are broken. */
    dagList: (signal?: AbortSignal) => read<DagList>("/dags", { signal }),
    dag: (name: string) => read<DagDetail>(`/dags/${encodeURIComponent(name)}`),
    /** Compares the stores' listings with the catalog, and starts what no webhook announced. */
    reconcile: (scope: ReconciliationRequest = {}) => post<ReconciliationRun>("/reconciliations", scope),
    reconciliation: (id: string) => read<ReconciliationRun>(`/reconciliations/${encodeURIComponent(id)}`),
    reconciliations: (limit?: number) => read<ReconciliationOverview>(`/reconciliations${search({ limit })}`),
    failures: (filter: FailureFilter = {}) => read<FailureGroups>(`/failures${search(filter)}`),
    quarantine: (query: FailureFilter & { readonly limit?: number; readonly cursor?: string } = {}) =>
      read<{ objects: Quarantined[]; next?: string }>(`/quarantine${search(query)}`),
    quarantined: (container: string, key: string) => read<QuarantinedDetail>(`/quarantine/${pathOf(container, key)}`),
    release: (release: Release) => post<Released>("/quarantine/release", release),
    drop: (drop: Drop) => post<Dropped>("/quarantine/drop", drop),
    forget: (object: ForgettingRequest) => post<Forgetting>("/forgettings", object),
    rebuild: (request: RebuildRequest) => post<Rebuilding>("/catalog/rebuilds", request),
    rebuilding: (id: string) => read<Rebuilding>(`/catalog/rebuilds/${encodeURIComponent(id)}`),
    forgetting: (id: string) => read<Forgetting>(`/forgettings/${encodeURIComponent(id)}`),
  };
}

export type ObjectsQuery = {
  readonly container?: string;
  readonly prefix?: string;
  readonly state?: ObjectSummary["state"];
  readonly type?: string;
  readonly limit?: number;
  readonly cursor?: string;
};

export type PutOptions = {
  readonly type?: string;
  readonly size?: number;
  readonly metadata?: UploadMetadata;
  readonly signal?: AbortSignal;
  /** The tenant may put no more for so many seconds: waits as long, and gives the body to be sent again; without one the refusal is thrown. */
  readonly again?: (seconds: number) => Promise<Body | undefined>;
};

/** The key as one segment, so that no proxy on the way folds its slashes or dots. */
function pathOf(container: string, key: string): string {
  if (key === "." || key === "..") throw terminal("UNUSABLE_KEY", `"${key}" cannot be the key of an object: give it another name.`);
  return `${encodeURIComponent(container)}/${encodeURIComponent(key)}`;
}

function search(query: { readonly [name: string]: string | number | undefined }): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)] as [string, string]]));
  return given.length > 0 ? `?${new URLSearchParams(given).toString()}` : "";
}

function metadataHeader(metadata: UploadMetadata): string {
  const bytes = new TextEncoder().encode(JSON.stringify(metadata));
  if (bytes.length > mostMetadata) {
    throw terminal(
      "METADATA_TOO_LARGE",
      `The metadata takes ${bytes.length} bytes; at most ${mostMetadata} go with an object. Put more into an object of its own.`,
    );
  }
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

async function failureOf(response: Response): Promise<SluiceError> {
  const text = await response.text();
  if (response.status === 401) {
    return terminal(
      "NOT_AUTHENTICATED",
      "The gateway refused the token. Set SLUICE_API_TOKEN to the lake's own, or run the command in the folder of the local lake.",
    );
  }
  const make = response.status >= 500 || response.status === 429 ? retryable : terminal;
  const problem = problemOf(text);
  if (problem) return make(problem.code, problem.detail);
  const where = new URL(response.url).pathname;
  return make(response.status === 404 ? "NOT_FOUND" : "UNEXPECTED_ANSWER", `The gateway answered ${response.status} for ${where}.`);
}

function problemOf(text: string): Problem | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "code" in value && "detail" in value ? (value as Problem) : undefined;
  } catch {
    return undefined;
  }
}

function unreachable(url: string, cause: unknown): SluiceError {
  const message = `No gateway answers at ${url}. Start the lake with \`sluice up\`, or set SLUICE_GATEWAY_URL to where it listens.`;
  return retryable("GATEWAY_UNREACHABLE", message, { cause });
}

function tooSlow(): SluiceError {
  return retryable(
    "LIST_TOO_SLOW",
    "The catalog could not list the objects in time. Narrow the list down by a container or a prefix, or leave out --state and --type.",
  );
}
