import type { TenantLimits, Tenants } from "../../infra/rates.ts";
import { createTokenBucket, type TokenBucket } from "../../infra/token-bucket.ts";

/** Who may do how much; see SLUICE_TENANTS. */
export type Throttle = {
  /** Milliseconds until something of this tenant may pass; 0: now. */
  wait(tenant: string): number;
  /** Objects that may pass at once. */
  room(tenant: string): number;
  /** So much has passed. One object larger than the burst passes, and is waited for afterwards. */
  take(tenant: string, objects: number, bytes: number): void;
  limits(tenant: string): TenantLimits | undefined;
};

type Buckets = { readonly objects?: TokenBucket; readonly bytes?: TokenBucket };

export function createThrottle(tenants: Tenants, now?: () => number): Throttle {
  const known = new Map<string, Buckets>();

  const limits = (tenant: string): TenantLimits | undefined => tenants[tenant] ?? tenants[isUser(tenant) ? anyUser : "*"];

  function bucketsOf(tenant: string): Buckets {
    const made = known.get(tenant);
    if (made) return made;
    const { objects, bytes } = limits(tenant) ?? {};
    const buckets = {
      ...(objects && { objects: createTokenBucket(objects, now) }),
      ...(bytes && { bytes: createTokenBucket(bytes, now) }),
    };
    if (objects || bytes) known.set(tenant, buckets);
    return buckets;
  }

  return {
    limits,
    wait(tenant) {
      const { objects, bytes } = bucketsOf(tenant);
      return Math.max(objects?.wait() ?? 0, bytes?.wait() ?? 0);
    },
    room: (tenant) => bucketsOf(tenant).objects?.left() ?? Infinity,
    take(tenant, objects, bytes) {
      const buckets = bucketsOf(tenant);
      buckets.objects?.take(objects);
      buckets.bytes?.take(bytes);
    },
  };
}

const anyUser = "user:*";

function isUser(tenant: string): boolean {
  return tenant.startsWith("user:");
}

/** Whose quota something uses: the user's, where the configuration has a word on that user, else the container's. */
export function tenantOf(
  tenants: Tenants,
  { container, user }: { readonly container: string; readonly user?: string | undefined },
): string {
  const asUser = `user:${user ?? ""}`;
  return user && (tenants[asUser] || tenants[anyUser]) ? asUser : container;
}

type Upload = Parameters<typeof tenantOf>[1];

/** For what is put through the API. */
export function createUploadGate(tenants: Tenants, now?: () => number) {
  const throttle = createThrottle(tenants, now);
  return {
    /** Milliseconds until this may be put; 0: now, and the object is counted, with the bytes that are known of it. */
    admit(upload: Upload, bytes: number): number {
      const tenant = tenantOf(tenants, upload);
      const wait = throttle.wait(tenant);
      if (wait === 0) throttle.take(tenant, 1, bytes);
      return wait;
    },
    /** Bytes of an upload of unknown length, as they flow: what is too much is waited for by the next one. */
    charge: (upload: Upload, bytes: number) => throttle.take(tenantOf(tenants, upload), 0, bytes),
  };
}
