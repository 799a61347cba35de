import { LRUCache } from "lru-cache";

/**
 * Content of small objects between their admission and the task that reads them, so that it is fetched once. That is
 * milliseconds to seconds: room for what is underway at once, since it is filled by every burst and stays so.
 */
export type ContentCache = {
  take(container: string, key: string, version: string): Uint8Array | undefined;
  keep(container: string, key: string, version: string, content: Uint8Array): void;
};

export function createContentCache(maxBytes = 16 * 1024 * 1024): ContentCache {
  const cache = new LRUCache<string, Uint8Array>({ maxSize: maxBytes, sizeCalculation: (content) => content.length + 1, ttl: 60_000 });
  const id = (container: string, key: string, version: string) => `${container}/${key}@${version}`;
  return {
    take: (container, key, version) => cache.get(id(container, key, version)),
    keep: (container, key, version, content) => void cache.set(id(container, key, version), content),
  };
}
