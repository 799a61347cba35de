/** A filter of one's own in the proxy's pipeline. It stands where it sees COPY as PUT, and manifests whole. */
export type SwiftMiddleware = {
  readonly name: string;
  /** `module:function`, a `paste.filter_factory`. */
  readonly factory: string;
  /** Where the module is. */
  readonly folder: string;
  readonly settings: { readonly [name: string]: string };
};

type Node = {
  readonly home: string;
  readonly port: number;
  /** The system user that the servers run as. */
  readonly owner: string;
  readonly pipelineMiddleware?: SwiftMiddleware;
};

/** The files of one Swift node on loopback: proxy, account, container, object on ports in a row. */
export function swiftConfiguration(node: Node): { readonly [file: string]: string } {
  return {
    "swift.conf": ini({ "swift-hash": { swift_hash_path_suffix: "sluice", swift_hash_path_prefix: "local" } }),
    "proxy-server.conf": ini(proxy(node)),
    "account-server.conf": ini(storage(node, "account", 1)),
    "container-server.conf": ini(storage(node, "container", 2)),
    "object-server.conf": ini(storage(node, "object", 3)),
  };
}

type Sections = { readonly [section: string]: { readonly [option: string]: string | number } };

function proxy({ home, port, owner, pipelineMiddleware: own }: Node): Sections {
  const pipeline = ["catch_errors", "gatekeeper", "healthcheck", "cache", "listing_formats", "bulk", "tempauth", "copy"];
  const egg = (name: string): Sections => ({ [`filter:${name}`]: { use: `egg:swift#${name}` } });
  return {
    DEFAULT: { bind_ip: "127.0.0.1", bind_port: port, workers: 0, user: owner, swift_dir: home },
    "pipeline:main": { pipeline: [...pipeline, ...(own ? [own.name] : []), "slo", "dlo", "proxy-server"].join(" ") },
    "app:proxy-server": { use: "egg:swift#proxy", account_autocreate: "true" },
    ...Object.assign({}, ...["catch_errors", "gatekeeper", "healthcheck", "listing_formats", "bulk", "copy", "slo", "dlo"].map(egg)),
    "filter:cache": { use: "egg:swift#memcache", memcache_servers: `127.0.0.1:${port + 4}` },
    "filter:tempauth": { use: "egg:swift#tempauth", user_test_tester: "testing .admin", user_test_guest: "guesting" },
    ...(own && { [`filter:${own.name}`]: { "paste.filter_factory": own.factory, ...own.settings } }),
  };
}

function storage({ home, port, owner }: Node, kind: string, offset: number): Sections {
  return {
    DEFAULT: {
      bind_ip: "127.0.0.1",
      bind_port: port + offset,
      workers: 0,
      user: owner,
      swift_dir: home,
      devices: `${home}/data`,
      mount_check: "false",
      fallocate_reserve: 0,
    },
    "pipeline:main": { pipeline: `${kind}-server` },
    [`app:${kind}-server`]: { use: `egg:swift#${kind}`, recon_cache_path: `${home}/cache` },
  };
}

function ini(sections: Sections): string {
  const blocks = Object.entries(sections).map(([section, options]) => {
    const lines = Object.entries(options).map(([option, value]) => `${option} = ${value}`);
    return [`[${section}]`, ...lines].join("\n");
  });
  return `${blocks.join("\n\n")}\n`;
}
