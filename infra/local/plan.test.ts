import { describe, expect, it } from "vitest";
import { planLake } from "./plan.ts";
import { defaultPorts } from "./ports.ts";
import { lakeServers, recipes } from "./recipes/index.ts";

const servers = lakeServers.map((name) => recipes[name]);
const plan = (given: NodeJS.ProcessEnv, saved?: Parameters<typeof planLake>[3]) => planLake("/lake", given, servers, saved);

describe("planLake", () => {
  it("puts every server on its default port of this machine", () => {
    const { env, local, existing } = plan({});
    expect(local).toHaveLength(servers.length);
    expect(existing).toEqual([]);
    expect(env.SLUICE_S3_URL).toBe("http://127.0.0.1:9000");
    expect(env.SLUICE_GATEWAY_URL).toBe("http://127.0.0.1:8080");
  });

  it("starts nothing for a server whose address is given, and makes up no keys for it", () => {
    const { env, local, existing } = plan({ SLUICE_S3_URL: "https://s3.example.org", SLUICE_S3_ACCESS_KEY: "mine" });
    expect(existing.map(({ name }) => name)).toEqual(["minio"]);
    expect(local.map(({ name }) => name)).not.toContain("minio");
    expect(env).toMatchObject({ SLUICE_S3_URL: "https://s3.example.org", SLUICE_S3_ACCESS_KEY: "mine" });
  });

  it("moves all ports by the offset, but for those named", () => {
    const { ports } = plan({ SLUICE_PORT_OFFSET: "1000", SLUICE_PORTS: "minio=9100, neo4j=7700" });
    expect(ports).toMatchObject({ temporal: 8233, minio: 9100, neo4j: 7700 });
  });

  it("refuses the name of a port that it does not know, naming those it knows", () => {
    expect(() => plan({ SLUICE_PORTS: "postgres=1" })).toThrow(/SLUICE_PORTS names "postgres"; the names are gateway, temporal/);
  });

  it("keeps ports and secrets of last time", () => {
    const first = plan({ SLUICE_PORT_OFFSET: "500" });
    const again = plan({}, { env: first.variables, ports: first.ports });
    expect(again.ports).toEqual(first.ports);
    expect(again.env.SLUICE_API_TOKEN).toBe(first.env.SLUICE_API_TOKEN);
    expect(plan({}).env.SLUICE_API_TOKEN).not.toBe(first.env.SLUICE_API_TOKEN);
  });

  it("keeps the folders of DAG files of last time, unless others are named", () => {
    const first = plan({ SLUICE_DAGS: "/one" });
    const saved = { env: first.variables, ports: first.ports };
    expect(plan({}, saved).env.SLUICE_DAGS).toEqual(["/one"]);
    expect(plan({ SLUICE_DAGS: "/other" }, saved).env.SLUICE_DAGS).toEqual(["/other"]);
  });

  it("takes a gateway elsewhere for somebody else's", () => {
    expect(plan({ SLUICE_GATEWAY_URL: "https://lake.example.org" }).ownGateway).toBe(false);
    expect(plan({ SLUICE_GATEWAY_URL: "http://127.0.0.1:8888" }).ownGateway).toBe(true);
    expect(plan({}).ports).toEqual(defaultPorts);
  });
});
