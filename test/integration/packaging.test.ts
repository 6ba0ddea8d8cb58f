import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { parse, parseAllDocuments } from "yaml";
import { formatProblem } from "../../src/config/problem.ts";
import { loadConfig } from "../../src/config/load.ts";
import { readSettings, SETTINGS_HELP } from "../../src/config/settings.ts";
import type { Config } from "../../src/core/config.ts";
import { compileConditions } from "../../src/edge/conditions/compile.ts";
import { withFolder } from "../support/config-folder.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** After the drain: what was abandoned is given back, and connections are closed. */
const GIVE_BACK_AND_CLOSE_SECONDS = 8;

type Labels = Readonly<Record<string, string>>;
interface Selector {
  readonly matchLabels?: Labels;
}
interface Env {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef?: { readonly name: string; readonly key: string } };
}
interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}
interface Container {
  readonly image: string;
  readonly env: readonly Env[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly lifecycle: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } };
  readonly securityContext: unknown;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly subPath?: string }[];
}
interface PodSpec {
  readonly containers: readonly [Container];
  readonly enableServiceLinks?: boolean;
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: {
    readonly runAsNonRoot?: boolean;
    readonly runAsUser?: number;
    readonly seccompProfile: unknown;
  };
  readonly topologySpreadConstraints: readonly { readonly labelSelector: Selector }[];
  readonly volumes: readonly { readonly name: string; readonly configMap?: { readonly name: string } }[];
}
interface Port {
  readonly name?: string;
  readonly port: number | string;
  readonly targetPort?: string;
}
/** As much of a manifest as is looked at here; which fields are there depends on its kind. */
interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Labels };
  readonly data: Readonly<Record<string, string>>;
  readonly spec: {
    readonly replicas: number;
    readonly strategy: { readonly rollingUpdate: { readonly maxUnavailable: number } };
    readonly selector: Selector & Labels;
    readonly template: { readonly metadata: { readonly labels: Labels }; readonly spec: PodSpec };
    readonly ports: readonly Port[];
    readonly maxUnavailable: number;
    readonly podSelector: Selector;
    readonly ingress: readonly { readonly from: readonly unknown[]; readonly ports: readonly Port[] }[];
    readonly endpoints: readonly { readonly port: string; readonly path: string }[];
    readonly groups: unknown;
  };
}

interface Kustomization {
  readonly namespace: string;
  readonly resources: readonly string[];
  readonly images?: readonly { readonly name: string; readonly newName?: string; readonly newTag: string }[];
  readonly configMapGenerator?: readonly { readonly name: string; readonly files: readonly string[] }[];
}

function text(path: string): Promise<string> {
  return readFile(join(ROOT, path), "utf8");
}

async function yaml<T>(path: string): Promise<T> {
  return parse(await text(path)) as T;
}

function documents(source: string): readonly Manifest[] {
  return parseAllDocuments(source).map((document) => document.toJS() as Manifest);
}

/** What `kubectl apply -k` would send. */
async function render(folder: string): Promise<readonly Manifest[]> {
  const rendered = await promisify(execFile)("kubectl", ["kustomize", folder]).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  });
  return rendered === undefined ? await renderByHand(folder) : documents(rendered.stdout);
}

/** The same on a machine without kubectl, as far as our own bases go: resources, namespace, images, files. */
async function renderByHand(folder: string): Promise<readonly Manifest[]> {
  const read = (name: string): Promise<string> => readFile(join(folder, name), "utf8");
  const {
    namespace,
    resources,
    images = [],
    configMapGenerator = [],
  } = parse(await read("kustomization.yaml")) as Kustomization;
  let source = (await Promise.all(resources.map(read))).join("\n---\n");
  for (const { name, newName = name, newTag } of images) {
    source = source.replaceAll(new RegExp(`image: ${name}$`, "gm"), `image: ${newName}:${newTag}`);
  }
  const configMaps = configMapGenerator.map(async ({ name, files }) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name },
    data: Object.fromEntries(
      await Promise.all(files.map(async (file) => [file.split("/").at(-1), await read(file)] as const)),
    ),
  }));
  const manifests = [...documents(source), ...(await Promise.all(configMaps))] as readonly Manifest[];
  return manifests.map((manifest) =>
    manifest.kind === "Namespace" ? manifest : { ...manifest, metadata: { ...manifest.metadata, namespace } },
  );
}

function find(manifests: readonly Manifest[], kind: string, name: string): Manifest {
  const found = manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  assert.ok(found, `there is no ${kind} ${name}`);
  return found;
}

function selects(selector: Labels | undefined, labels: Labels | undefined): boolean {
  const wanted = Object.entries(selector ?? {});
  return wanted.length > 0 && wanted.every(([name, value]) => labels?.[name] === value);
}

async function configOf(folder: string): Promise<Config> {
  const loaded = await loadConfig(folder, { compileConditions }, {});
  assert.ok(loaded.ok, loaded.ok ? "" : loaded.problems.map(formatProblem).join("\n"));
  return loaded.config;
}

function pollingFunctions(config: Config): readonly string[] {
  return [...config.functions.values()].filter(({ run }) => run.kind === "runtimeApi").map(({ name }) => name);
}

/** Where the router listens, by the names that the manifests give to its ports. */
function settledPorts(): Readonly<Record<string, number>> {
  const read = readSettings({});
  assert.ok(read.ok);
  const { httpPort, adminPort, runtimeApiPort } = read.settings;
  return { http: httpPort, admin: adminPort, "runtime-api": runtimeApiPort };
}

describe("the Kubernetes base", async () => {
  const manifests = await render(join(ROOT, "k8s"));
  const deployment = find(manifests, "Deployment", "busbar").spec;
  const podLabels = deployment.template.metadata.labels;
  const pod = deployment.template.spec;
  const [router] = pod.containers;
  const portNames = router.ports.map(({ name }) => name);

  it("holds these things, in the versions of their kinds that Kubernetes 1.25 and newer know", () => {
    assert.deepEqual(
      manifests.map(({ apiVersion, kind, metadata }) => `${apiVersion} ${kind} ${metadata.name}`).sort(),
      [
        "apps/v1 Deployment busbar",
        "networking.k8s.io/v1 NetworkPolicy busbar",
        "policy/v1 PodDisruptionBudget busbar",
        "v1 ConfigMap busbar-config",
        "v1 Namespace busbar",
        "v1 Service busbar",
        "v1 Service busbar-admin",
        "v1 Service order-processor",
      ],
    );
    for (const { kind, metadata } of manifests) if (kind !== "Namespace") assert.equal(metadata.namespace, "busbar");
  });

  it("runs the version that this is", async () => {
    const { version } = JSON.parse(await text("package.json")) as { version: string };
    assert.equal(router.image, `busbar:${version}`);
  });

  it("gives a stop the time it may take", () => {
    const [command, pauseSeconds] = router.lifecycle.preStop.exec.command;
    assert.equal(command, "sleep");
    const drainSeconds = router.env.find(({ name }) => name === "BUSBAR_DRAIN_SECONDS")?.value;
    // HTTP is drained first and the Runtime API after it.
    const longest = Number(pauseSeconds) + 2 * Number(drainSeconds) + GIVE_BACK_AND_CLOSE_SECONDS;
    assert.ok(pod.terminationGracePeriodSeconds > longest, `${pod.terminationGracePeriodSeconds} > ${longest}`);
  });

  it("sets only what the router knows, and to what it takes", () => {
    const env = Object.fromEntries(router.env.map(({ name, value }) => [name, value ?? "amqp://rabbitmq"]));
    const read = readSettings(env);
    assert.ok(read.ok, read.ok ? "" : read.problems.join("\n"));
    assert.notEqual(read.settings.broker, "embedded");
    assert.equal(pod.enableServiceLinks, false);
  });

  it("takes the broker's URL from a secret that it does not bring", () => {
    const broker = router.env.find(({ name }) => name === "BUSBAR_BROKER");
    assert.deepEqual(broker?.valueFrom?.secretKeyRef, { name: "busbar-broker", key: "url" });
    assert.ok(manifests.every(({ kind }) => kind !== "Secret"));
  });

  it("opens the ports that the router listens on, and probes the admin one", () => {
    const ports = Object.fromEntries(router.ports.map(({ name, containerPort }) => [name, containerPort]));
    assert.deepEqual(ports, settledPorts());
    assert.deepEqual(router.livenessProbe.httpGet, { path: "/livez", port: "admin" });
    assert.deepEqual(router.readinessProbe.httpGet, { path: "/readyz", port: "admin" });
  });

  it("meets the restricted pod security standard", () => {
    const { runAsNonRoot, runAsUser, seccompProfile } = pod.securityContext;
    assert.deepEqual(
      { runAsNonRoot, runAsUser, seccompProfile },
      {
        runAsNonRoot: true,
        runAsUser: 1000,
        seccompProfile: { type: "RuntimeDefault" },
      },
    );
    assert.deepEqual(router.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
  });

  it("keeps a router while another is replaced or moved", () => {
    assert.equal(deployment.replicas, 2);
    assert.equal(deployment.strategy.rollingUpdate.maxUnavailable, 0);
    const { maxUnavailable, selector } = find(manifests, "PodDisruptionBudget", "busbar").spec;
    assert.equal(maxUnavailable, 1);
    assert.ok(selects(selector.matchLabels, podLabels));
  });

  it("means the routers wherever it selects pods", () => {
    assert.ok(selects(deployment.selector.matchLabels, podLabels));
    for (const { labelSelector } of pod.topologySpreadConstraints) {
      assert.ok(selects(labelSelector.matchLabels, podLabels));
    }
    assert.ok(selects(find(manifests, "NetworkPolicy", "busbar").spec.podSelector.matchLabels, podLabels));
    for (const { kind, metadata, spec } of manifests) {
      if (kind !== "Service") continue;
      assert.ok(selects(spec.selector, podLabels), metadata.name);
      for (const { targetPort } of spec.ports) assert.ok(portNames.includes(targetPort ?? ""), metadata.name);
    }
  });

  it("lets nobody through to a port without saying who", () => {
    const { ingress } = find(manifests, "NetworkPolicy", "busbar").spec;
    assert.deepEqual(ingress.flatMap(({ ports }) => ports.map(({ port }) => port)).sort(), [...portNames].sort());
    for (const { from } of ingress) assert.ok(from.length > 0);
  });

  it("mounts a configuration that the router takes, as a folder that can change", async () => {
    const { data } = find(manifests, "ConfigMap", "busbar-config");
    const volume = pod.volumes.find(({ configMap }) => configMap?.name === "busbar-config");
    const mount = router.volumeMounts.find(({ name }) => name === volume?.name);
    assert.equal(mount?.mountPath, imageEnv(await text("Dockerfile"))["BUSBAR_CONFIG"]);
    assert.equal(mount.subPath, undefined);
    const config = await withFolder(data, configOf);
    assert.ok(config.rules.size > 0);
  });

  it("has a Service of its own name for each function that polls", async () => {
    const polling = pollingFunctions(await withFolder(find(manifests, "ConfigMap", "busbar-config").data, configOf));
    assert.deepEqual(polling, ["order-processor"]);
    for (const name of polling) {
      const ports = [{ name: "runtime-api", port: 9001, targetPort: "runtime-api" }];
      assert.deepEqual(find(manifests, "Service", name).spec.ports, ports);
    }
  });

  it("has an example of such a function, which asks by that name and is let through", async () => {
    const { template } = find(await render(join(ROOT, "k8s/order-processor")), "Deployment", "order-processor").spec;
    const address = template.spec.containers[0].env.find(({ name }) => name === "AWS_LAMBDA_RUNTIME_API")?.value;
    assert.equal(address, `order-processor.${find(manifests, "Namespace", "busbar").metadata.name}:9001`);
    const { ingress } = find(manifests, "NetworkPolicy", "busbar").spec;
    const rule = ingress.find(({ ports }) => ports[0]?.port === "runtime-api");
    const [from] = rule?.from as [{ podSelector: Selector }];
    assert.ok(selects(from.podSelector.matchLabels, template.metadata.labels));
  });

  it("is scraped where the Prometheus Operator runs, with the same alerts as elsewhere", async () => {
    const monitoring = await render(join(ROOT, "k8s/monitoring"));
    const { selector, endpoints } = find(monitoring, "ServiceMonitor", "busbar").spec;
    const [endpoint] = endpoints;
    assert.equal(endpoint?.path, "/metrics");
    const scraped = manifests.filter(
      ({ kind, metadata, spec }) =>
        kind === "Service" &&
        selects(selector.matchLabels, metadata.labels) &&
        spec.ports.some(({ name }) => name === endpoint.port),
    );
    assert.deepEqual(
      scraped.map(({ metadata }) => metadata.name),
      ["busbar-admin"],
    );
    const { groups } = await yaml<{ groups: unknown }>("k8s/prometheus/alerts.yaml");
    assert.deepEqual(find(monitoring, "PrometheusRule", "busbar").spec.groups, groups);
  });
});

describe("docs/kubernetes.md", () => {
  it("shows an overlay that changes the image and the configuration", async () => {
    const [, overlay = ""] = /^```yaml overlay\n([^]*?)^```$/m.exec(await text("docs/kubernetes.md")) ?? [];
    const folder = await mkdtemp(join(tmpdir(), "busbar-overlay-"));
    try {
      const place = join(folder, "overlays/production");
      await mkdir(join(place, "config"), { recursive: true });
      await cp(join(ROOT, "k8s"), join(folder, "k8s"), { recursive: true });
      await writeFile(join(place, "kustomization.yaml"), overlay);
      await writeFile(join(place, "config/functions.yaml"), "queues: { mine: {} }\n");
      await writeFile(join(place, "config/rules.yaml"), "rules: {}\n");
      const { stdout } = await promisify(execFile)("kubectl", ["kustomize", place]);
      const manifests = documents(stdout);
      const [router] = find(manifests, "Deployment", "busbar").spec.template.spec.containers;
      assert.match(router.image, /^registry\.example\.com\/busbar:/);
      assert.match(find(manifests, "ConfigMap", "busbar-config").data["functions.yaml"] ?? "", /mine/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** The Dockerfile's instructions, with continued lines joined. */
function instructions(dockerfile: string): readonly (readonly [string, string])[] {
  const lines = dockerfile.replaceAll("\\\n", " ").split("\n");
  return lines.flatMap((line) => {
    const [, name, rest] = /^\s*([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    return name === undefined || rest === undefined ? [] : [[name, rest] as const];
  });
}

function imageEnv(dockerfile: string): Readonly<Record<string, string>> {
  const settings = instructions(dockerfile).filter(([name]) => name === "ENV");
  return Object.fromEntries(
    settings.flatMap(([, rest]) => [...rest.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value])),
  ) as Record<string, string>;
}

describe("the image", async () => {
  const dockerfile = await text("Dockerfile");
  const steps = instructions(dockerfile);
  const last = (name: string): string => steps.findLast(([each]) => each === name)?.[1] ?? "";

  it("runs the router as a user that Kubernetes can tell is not root", () => {
    assert.equal(last("USER"), "1000:1000");
    assert.deepEqual(JSON.parse(last("ENTRYPOINT")), ["node", "dist/main.js"]);
    assert.deepEqual(JSON.parse(last("CMD")), ["serve"]);
  });

  it("runs on the version of Node.js that the tests run on", () => {
    const bases = steps.flatMap(([name, rest]) => (name === "FROM" && rest.includes(":") ? [rest] : []));
    const [major] = process.versions.node.split(".");
    for (const base of bases) assert.match(base, new RegExp(`^node:${major}-slim\\b`));
    assert.equal(bases.length, 2);
  });

  it("sets only what the router knows, and listens for others than itself", () => {
    const read = readSettings(imageEnv(dockerfile));
    assert.ok(read.ok, read.ok ? "" : read.problems.join("\n"));
    assert.equal(read.settings.host, "0.0.0.0");
  });

  it("names the ports that the router listens on", () => {
    assert.deepEqual(last("EXPOSE").split(" ").map(Number), Object.values(settledPorts()));
  });

  it("is built of what is here and of nothing that .dockerignore keeps out", async () => {
    const kept = (await text(".dockerignore"))
      .split("\n")
      .flatMap((line) => (line.startsWith("!") ? line.slice(1) : []));
    const copied = steps.flatMap(([name, rest]) =>
      name === "COPY" && !rest.startsWith("--from") ? rest.split(" ").slice(0, -1) : [],
    );
    assert.deepEqual([...copied].sort(), [...kept].sort());
    for (const path of copied) await stat(join(ROOT, path));
  });

  it("is healthy while /livez says 200, and only then", async () => {
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
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly networks?: { readonly default: { readonly aliases: readonly string[] } };
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly stop_grace_period?: string;
}

describe("compose.yaml", async () => {
  const { services, volumes } = await yaml<{ services: Record<string, Service>; volumes: Record<string, unknown> }>(
    "compose.yaml",
  );
  const router = services["busbar"]!;
  const mounts = Object.values(services).flatMap((service) => service.volumes ?? []);

  it("sets only what the router knows, and to what it takes", () => {
    const read = readSettings(router.environment ?? {});
    assert.ok(read.ok, read.ok ? "" : read.problems.join("\n"));
    const { broker, drainSeconds } = read.settings;
    assert.equal(new URL(String(broker)).hostname, "rabbitmq");
    assert.ok(services["rabbitmq"]);
    assert.ok(parseInt(router.stop_grace_period ?? "") > 2 * drainSeconds + GIVE_BACK_AND_CLOSE_SECONDS);
  });

  it("mounts what is here", async () => {
    for (const [source = ""] of mounts.map((mount) => mount.split(":"))) {
      if (source.startsWith("./")) await stat(join(ROOT, source));
      else assert.ok(Object.hasOwn(volumes, source), source);
    }
  });

  it("opens ports to this machine alone, and the Runtime API's not even to it", () => {
    const published = Object.values(services).flatMap((service) => service.ports ?? []);
    for (const port of published) assert.match(port, /^127\.0\.0\.1:\d+:(8080|9090)$/);
    assert.equal(new Set(published.map((port) => port.split(":")[1])).size, published.length);
  });

  it("has a container and a name on the network for each function that polls", async () => {
    const [source = ""] = router.volumes?.find((mount) => mount.includes(":/config"))?.split(":") ?? [];
    const polling = pollingFunctions(await configOf(join(ROOT, source)));
    assert.deepEqual(polling, ["order-processor"]);
    for (const name of polling) {
      assert.equal(services[name]?.environment?.["AWS_LAMBDA_RUNTIME_API"], `${name}.busbar:9001`);
    }
    assert.deepEqual(
      router.networks?.default.aliases,
      polling.map((name) => `${name}.busbar`),
    );
  });

  it("has Prometheus scrape the router's admin port and read the alerts", async () => {
    const { rule_files, scrape_configs } = await yaml<{
      rule_files: readonly string[];
      scrape_configs: readonly { static_configs: readonly { targets: readonly string[] }[] }[];
    }>("examples/compose/prometheus.yaml");
    assert.deepEqual(scrape_configs[0]?.static_configs[0]?.targets, [`busbar:${settledPorts()["admin"]}`]);
    const inside = mounts.find((mount) => mount.startsWith("./k8s/prometheus/alerts.yaml:"))?.split(":")[1] ?? "";
    assert.deepEqual(rule_files, [inside.slice(dirname(inside).length + 1)]);
  });
});

describe("docs/operations.md", async () => {
  const page = await text("docs/operations.md");

  it("lists the settings that there are", () => {
    const rows = page.split("\n").filter((line) => line.startsWith("| `BUSBAR_"));
    const expected = SETTINGS_HELP.map(
      ({ env, flag, initial, description }) => `| \`${env}\` | \`${flag}\` | \`${initial}\` | ${description} |`,
    );
    assert.deepEqual(rows, expected);
  });

  it("names only metrics that docs/metrics.md explains", async () => {
    const explained = await text("docs/metrics.md");
    const named = new Set([...page.matchAll(/`(busbar_\w+)`/g)].map(([, name]) => name!));
    assert.ok(named.size >= 5);
    for (const name of named) assert.ok(explained.includes(`\`${name}\``), name);
  });
});
