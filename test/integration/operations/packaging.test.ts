import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { describe, it } from "node:test";
import { storeOf } from "../../../src/config/settings/store-settings.ts";
import { postgresAddress } from "../../../src/edge/postgres/postgres-address.ts";
import { foreignRequest } from "../../../src/domain/access/foreign-request.ts";
import { readSettings, SETTINGS_HELP } from "../../../src/config/settings/read-settings.ts";
import { CONSOLE_PORT } from "../../../src/config/settings/settings.ts";
import { DASHBOARDS_FOLDER, dashboardFiles } from "../../support/dashboards/dashboards.ts";
import {
  AWS_RUNTIME_VARIABLES,
  configOf,
  defaultPorts,
  GIVE_BACK_AND_CLOSE_SECONDS,
  imageEnv,
  instructions,
  pollingFunctions,
  ROOT,
  text,
  yaml,
} from "../../support/docs/packaging.ts";

describe("the image", async () => {
  const dockerfile = await text("Dockerfile");
  const steps = instructions(dockerfile);
  const last = (name: string): string => steps.findLast(([each]) => each === name)?.[1] ?? "";

  it("The image runs the router as a numeric user that is not root", () => {
    assert.equal(last("USER"), "1000:1000");
    assert.deepEqual(JSON.parse(last("ENTRYPOINT")), ["node", "dist/main.js"]);
    assert.deepEqual(JSON.parse(last("CMD")), ["serve"]);
  });

  it("The image runs on the version of Node.js that the tests run on", () => {
    const [major] = process.versions.node.split(".");
    assert.equal(last("ARG"), `NODE_IMAGE=node:${major}-slim`);
  });

  it("The image begins every stage with the one base image that a build argument names, or with a stage of its own", () => {
    const bases = steps.flatMap(([name, rest]) => (name === "FROM" ? [rest.split(" ")[0]] : []));
    assert.deepEqual(bases, ["${NODE_IMAGE}", "source", "source", "${NODE_IMAGE}"]);
  });

  it("The image sets only what the router knows, and listens for others than itself", () => {
    const read = readSettings(imageEnv(dockerfile));
    assert.ok(read.ok, read.ok ? "" : read.problems.join("\n"));
    assert.equal(read.settings.host, "0.0.0.0");
  });

  it("The image names the ports that the router and the console listen on", () => {
    assert.deepEqual(last("EXPOSE").split(" ").map(Number), [...Object.values(defaultPorts()), CONSOLE_PORT]);
  });

  it("The image is built of existing files that .dockerignore does not exclude", async () => {
    const kept = (await text(".dockerignore"))
      .split("\n")
      .flatMap((line) => (line.startsWith("!") ? line.slice(1) : []));
    const copied = steps.flatMap(([name, rest]) =>
      name === "COPY" && !rest.startsWith("--from") ? rest.split(" ").slice(0, -1) : [],
    );
    assert.deepEqual([...copied].sort(), [...kept].sort());
    for (const path of copied) await stat(join(ROOT, path));
  });

  it("The image is healthy while /livez says 200, and only then", async () => {
    const check = /CMD (\[.*\])$/.exec(last("HEALTHCHECK"))?.[1] ?? "";
    const [command, ...args] = JSON.parse(check) as [string, ...string[]];
    assert.equal(command, "node");
    let status = 200;
    const server = createServer((request, response) => {
      response.writeHead(request.url === "/livez" ? status : 404).end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const exitCode = async (): Promise<unknown> => {
      const env = { ...process.env, BUSBAR_ADMIN_PORT: String(port) };
      const [code] = (await once(spawn(process.execPath, args, { env, stdio: "ignore" }), "exit")) as unknown[];
      return code;
    };
    try {
      assert.equal(await exitCode(), 0);
      status = 503;
      assert.equal(await exitCode(), 1);
    } finally {
      server.closeAllConnections();
      server.close();
    }
    assert.equal(await exitCode(), 1);
  });
});

interface Service {
  readonly image: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly profiles?: readonly string[];
  readonly command?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly networks?: { readonly default: { readonly aliases: readonly string[] } };
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly stop_grace_period?: string;
}

/** A service's environment as compose makes it of its own: `${NAME:-default}`. */
function environmentOf(service: Service, own: Readonly<Record<string, string>> = {}): Record<string, string> {
  const filled = (value: string): string =>
    value.replaceAll(/\$\{(\w+):-(\w*)\}/g, (_, name: string, initial: string) => own[name] ?? initial);
  return Object.fromEntries(Object.entries(service.environment ?? {}).map(([name, value]) => [name, filled(value)]));
}

describe("compose.yaml", async () => {
  const { services, volumes } = await yaml<{ services: Record<string, Service>; volumes: Record<string, unknown> }>(
    "compose.yaml",
  );
  const dockerfile = await text("Dockerfile");
  const router = services["busbar"]!;
  const mounts = Object.values(services).flatMap((service) => service.volumes ?? []);

  it("compose.yaml sets only what the router knows, and to what it takes", () => {
    const read = readSettings(environmentOf(router));
    assert.ok(read.ok, read.ok ? "" : read.problems.join("\n"));
    const { broker, drainSeconds } = read.settings;
    assert.equal(new URL(String(broker)).hostname, "rabbitmq");
    assert.ok(services["rabbitmq"]);
    assert.ok(parseInt(router.stop_grace_period ?? "") > 2 * drainSeconds + GIVE_BACK_AND_CLOSE_SECONDS);
  });

  it("compose.yaml has no store unless it is asked for one, by the line that it shows", async () => {
    const without = readSettings(environmentOf(router));
    assert.ok(without.ok && storeOf(without.settings) === undefined);
    const [, given = ""] = /BUSBAR_STORE=(\S+) docker compose --profile store/.exec(await text("compose.yaml")) ?? [];
    const read = readSettings(environmentOf(router, { BUSBAR_STORE: given }));
    assert.ok(read.ok, given);
    const postgres = services["postgres"]!;
    const { hostname, user, password, database } = { ...postgresAddress(given, {}), hostname: new URL(given).hostname };
    assert.deepEqual([hostname, postgres.profiles], ["postgres", ["store"]]);
    const { POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB = POSTGRES_USER } = postgres.environment ?? {};
    assert.deepEqual([user, password, database], [POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB]);
  });

  it("compose.yaml lets containers call the router by the names that they know", () => {
    const read = readSettings(environmentOf(router));
    assert.ok(read.ok);
    for (const host of ["busbar:8080", "busbar:9090", ...(router.networks?.default.aliases ?? [])]) {
      assert.equal(foreignRequest({ host }, read.settings.allowedHosts), undefined, host);
    }
  });

  it("compose.yaml has a console that reads the router's broker, calls the router by its names and is published where it listens", async () => {
    const it = services["console"]!;
    const read = readSettings(it.environment ?? {});
    assert.ok(read.ok, read.ok ? "" : read.problems.join("\n"));
    const { broker, consoleAdminUrl, consolePublicUrl, consolePort = CONSOLE_PORT } = read.settings;
    assert.equal(String(broker), router.environment?.["BUSBAR_BROKER"]);
    const { admin, http } = defaultPorts();
    assert.deepEqual([consoleAdminUrl, consolePublicUrl], [`http://busbar:${admin}`, `http://busbar:${http}`]);
    assert.deepEqual(it.ports, [`127.0.0.1:${consolePort}:${consolePort}`]);
    assert.ok(it.volumes?.some((mount) => mount.endsWith(`:${imageEnv(dockerfile)["BUSBAR_DATA"]}`)));
    assert.ok((await configOf(join(ROOT, "examples/compose/config"))).journal, "the router writes the journal");
  });

  it("compose.yaml mounts existing files", async () => {
    for (const [source = ""] of mounts.map((mount) => mount.split(":"))) {
      if (source.startsWith("./")) await stat(join(ROOT, source));
      else assert.ok(Object.hasOwn(volumes, source), source);
    }
  });

  it("compose.yaml opens ports to this machine alone, and the Runtime API's not even to it", () => {
    const published = Object.values(services).flatMap((service) => service.ports ?? []);
    for (const port of published) assert.match(port, /^127\.0\.0\.1:\d+:(8080|9090|9091|3000)$/);
    assert.equal(new Set(published.map((port) => port.split(":")[1])).size, published.length);
  });

  it("compose.yaml has a container and a name on the network for each function that polls", async () => {
    const [source = ""] = router.volumes?.find((mount) => mount.includes(":/config"))?.split(":") ?? [];
    const polling = pollingFunctions(await configOf(join(ROOT, source)));
    assert.deepEqual(polling, ["order-processor"]);
    for (const name of polling) {
      assert.equal(services[name]?.environment?.["AWS_LAMBDA_RUNTIME_API"], `${name}.busbar:9001`);
      for (const variable of AWS_RUNTIME_VARIABLES) assert.ok(services[name].environment[variable], variable);
    }
    assert.deepEqual(
      router.networks?.default.aliases,
      polling.map((name) => `${name}.busbar`),
    );
  });

  it("compose.yaml has Prometheus scrape the router's admin port and read the alerts", async () => {
    const { rule_files, scrape_configs } = await yaml<{
      rule_files: readonly string[];
      scrape_configs: readonly { static_configs: readonly { targets: readonly string[] }[] }[];
    }>("examples/compose/prometheus.yaml");
    assert.deepEqual(scrape_configs[0]?.static_configs[0]?.targets, [`busbar:${defaultPorts()["admin"]}`]);
    const inside = mounts.find((mount) => mount.startsWith("./k8s/prometheus/alerts.yaml:"))?.split(":")[1] ?? "";
    assert.deepEqual(rule_files, [basename(inside)]);
  });

  it("compose.yaml has Prometheus read the mounted configuration, and keep what the objectives need", () => {
    const { command = [], volumes = [] } = services["prometheus"]!;
    const flags = new Map(command.map((flag) => flag.split("=") as [string, string]));
    const inside = volumes.find((mount) => mount.includes("/prometheus.yaml:"))?.split(":")[1];
    assert.equal(flags.get("--config.file"), inside);
    assert.ok(parseInt(flags.get("--storage.tsdb.retention.time") ?? "") > 30);
    assert.equal(flags.get("--enable-feature"), "exemplar-storage");
  });

  it("compose.yaml has Grafana load the dashboards, and ask Prometheus", async () => {
    const { environment = {}, volumes = [] } = services["grafana"]!;
    const mountOf = new Map(volumes.map((mount) => mount.split(":") as [string, string]));
    const provisioning = (kind: string): string => {
      const [source, inside = ""] = [...mountOf].find(([, target]) => target.includes(`/provisioning/${kind}/`)) ?? [];
      assert.match(inside, /^\/etc\/grafana\/provisioning\/\w+\/\w+\.yaml$/);
      return source ?? "";
    };
    const { datasources } = await yaml<{ datasources: readonly { type: string; url: string }[] }>(
      provisioning("datasources"),
    );
    assert.deepEqual(
      [datasources[0]?.type, new URL(datasources[0]?.url ?? "").host],
      ["prometheus", "prometheus:9090"],
    );
    const { providers } = await yaml<{ providers: readonly { type: string; options: { path: string } }[] }>(
      provisioning("dashboards"),
    );
    const folder = mountOf.get(`./${DASHBOARDS_FOLDER}`);
    assert.deepEqual([providers[0]?.type, providers[0]?.options.path], ["file", folder]);
    const home = environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"] ?? "";
    assert.ok(dashboardFiles().has(basename(home)) && home.startsWith(`${folder}/`), home);
  });
});

describe("docs/operations.md", async () => {
  const page = await text("docs/operations.md");

  it("docs/operations.md lists the settings that there are", () => {
    const rows = page.split("\n").filter((line) => line.startsWith("| `BUSBAR_"));
    const expected = SETTINGS_HELP.map(
      ({ env, flag, initial, description }) =>
        `| \`${env}\` | \`${flag}\` | ${initial === "" ? "" : `\`${initial}\``} | ${description} |`,
    );
    assert.deepEqual(rows, expected);
  });

  it("docs/operations.md names only metrics that docs/metrics.md explains", async () => {
    const explained = await text("docs/metrics.md");
    const named = new Set([...page.matchAll(/`(busbar_\w+)`/g)].map(([, name]) => name!));
    assert.ok(named.size >= 5);
    for (const name of named) assert.ok(explained.includes(`\`${name}\``), name);
  });

  it("The bill of materials has what the router runs on, and nothing that only builds or tests it", () => {
    const text = execFileSync("npm", ["run", "-s", "sbom"], {
      cwd: ROOT,
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    });
    const { components } = JSON.parse(text) as { components: { name: string }[] };
    const names = new Set(components.map(({ name }) => name));
    for (const name of ["express", "amqplib", "zod"]) assert.ok(names.has(name), name);
    for (const name of ["typescript", "preact", "vite", "playwright-core"]) assert.ok(!names.has(name), name);
  });
});
