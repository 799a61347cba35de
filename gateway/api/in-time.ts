import type { Page } from "./deps.ts";

/** Lists may have to scan (see the notes on the local stand-in): they answer with what they have by then. */
const patience = 8_000;

export type Cursor<Document> = { maxTimeMS(ms: number): Cursor<Document>; toArray(): Promise<Document[]>; close(): Promise<void> };

/** The stand-in does not keep to `maxTimeMS`, so the clock is held here as well. */
export async function inTime<Document>(cursor: Cursor<Document>): Promise<Page<Document>> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), patience);
  try {
    const read = cursor.maxTimeMS(patience).toArray();
    read.catch(() => undefined);
    const documents = await Promise.race([read, late.promise]);
    return documents ? { documents, complete: true } : { documents: [], complete: false };
  } catch (error) {
    if (isTimeout(error)) return { documents: [], complete: false };
    throw error;
  } finally {
    clearTimeout(timer);
    await cursor.close().catch(() => undefined);
  }
}

/** 50: MaxTimeMSExpired. */
function isTimeout(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === 50;
}
