import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { foreignRequest } from "../../../src/domain/access/foreign-request.ts";
import { readSettings } from "../../../src/config/settings/read-settings.ts";
import { dashboardFiles } from "../../support/dashboards/dashboards.ts";
import { withFolder } from "../../support/config-folder.ts";
import type { Kustomization, Selector } from "../../support/docs/manifests.ts";
import { find, render, selects } from "../../support/docs/manifests.ts";
import {
  AWS_RUNTIME_VARIABLES,
  configOf,
  defaultPorts,
  GIVE_BACK_AND_CLOSE_SECONDS,
  imageEnv,
  pollingFunctions,
  ROOT,
  text,
  yaml,
} from "../../support/docs/packaging.ts";

describe("the Kubernetes base", async () => {
  const manifests = await render(join(ROOT, "k8s"));
  const deployment = find(manifests, "Deployment", "busbar").spec;
  const podLabels = deployment.template.metadata.labels;
  const pod = deployment.template.spec;
  const [router] = pod.containers;
  const portNames = router.ports.map(({ name }) => name);

  it("The Kubernetes base holds these things, in the versions of their kinds that Kubernetes 1.25 and newer know", () => {
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
        "v1 Service busbar-routes",
        "v1 Service order-processor",
      ],
    );
    for (const { kind, metadata } of manifests) if (kind !== "Namespace") assert.equal(metadata.namespace, "busbar");
  });

  it("The Kubernetes base runs this version", async () => {
    const { version } = JSON.parse(await text("package.json")) as { version: string };
    assert.equal(router.image, `busbar:${version}`);
  });

  it("The Kubernetes base gives a stop the time it may take", () => {
    const [command, pauseSeconds] = router.lifecycle.preStop.exec.command;
    assert.equal(command, "sleep");
    const drainSeconds = router.env.find(({ name }) => name === "BUSBAR_DRAIN_SECONDS")?.value;
    // Far more than a stop takes as a rule: a broker that does not answer makes it longer.
    const longest = Number(pauseSeconds) + 2 * Number(drainSeconds) + GIVE_BACK_AND_CLOSE_SECONDS;
    assert.ok(pod.terminationGracePeriodSeconds > longest, `${pod.terminationGracePeriodSeconds} > ${longest}`);
  });

  it("The Kubernetes base sets only what the router knows, and to what it takes", () => {
    const secrets: Readonly<Record<string, string>> = {
      BUSBAR_BROKER: "amqp://rabbitmq",
      BUSBAR_STORE: "postgres://busbar:pw@postgres.postgres/busbar",
      BUSBAR_SECRET_KEY: Buffer.alloc(32).toString("base64"),
    };
    const env = Object.fromEntries(router.env.map(({ name, value }) => [name, value ?? secrets[name]]));
    const read = readSettings(env);
    assert.ok(read.ok, read.ok ? "" : read.problems.join("\n"));
    assert.notEqual(read.settings.broker, "embedded");
    assert.equal(pod.enableServiceLinks, false);
  });

  it("The Kubernetes base lets functions without a secret poll by the names of their Services", () => {
    const allowedHosts = router.env.find(({ name }) => name === "BUSBAR_ALLOWED_HOSTS")?.value?.split(",") ?? [];
    for (const name of ["order-processor", "busbar", "busbar-admin"]) {
      for (const domain of ["busbar", "busbar.svc", "busbar.svc.cluster.local"]) {
        assert.equal(foreignRequest({ host: `${name}.${domain}:9001` }, allowedHosts), undefined, `${name}.${domain}`);
      }
    }
  });

  it("The Kubernetes base takes the broker's URL from a secret that it does not bring, and the store's where there is one", () => {
    const broker = router.env.find(({ name }) => name === "BUSBAR_BROKER");
    assert.deepEqual(broker?.valueFrom?.secretKeyRef, { name: "busbar-broker", key: "url" });
    const store = router.env.find(({ name }) => name === "BUSBAR_STORE");
    assert.deepEqual(store?.valueFrom?.secretKeyRef, { name: "busbar-store", key: "url", optional: true });
    const key = router.env.find(({ name }) => name === "BUSBAR_SECRET_KEY");
    assert.deepEqual(key?.valueFrom?.secretKeyRef, { name: "busbar-store", key: "secret-key", optional: true });
    assert.ok(manifests.every(({ kind }) => kind !== "Secret"));
  });

  it("The Kubernetes base opens the ports that the router listens on, and probes the admin one", () => {
    const ports = Object.fromEntries(router.ports.map(({ name, containerPort }) => [name, containerPort]));
    assert.deepEqual(ports, defaultPorts());
    assert.deepEqual(router.livenessProbe.httpGet, { path: "/livez", port: "admin" });
    assert.deepEqual(router.readinessProbe.httpGet, { path: "/readyz", port: "admin" });
  });

  it("The Kubernetes base meets the restricted pod security standard", () => {
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

  it("The Kubernetes base keeps a router while another is replaced or moved", () => {
    assert.equal(deployment.replicas, 2);
    assert.equal(deployment.strategy.rollingUpdate.maxUnavailable, 0);
    const { maxUnavailable, selector } = find(manifests, "PodDisruptionBudget", "busbar").spec;
    assert.equal(maxUnavailable, 1);
    assert.ok(selects(selector.matchLabels, podLabels));
  });

  it("The Kubernetes base selects only the routers' pods", () => {
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

  it("The Kubernetes base names the callers of each port", () => {
    const { ingress } = find(manifests, "NetworkPolicy", "busbar").spec;
    assert.deepEqual(ingress.flatMap(({ ports }) => ports.map(({ port }) => port)).sort(), [...portNames].sort());
    for (const { from } of ingress) assert.ok(from.length > 0);
  });

  it("The Kubernetes base mounts a configuration that the router takes, as a folder that can change", async () => {
    const { data } = find(manifests, "ConfigMap", "busbar-config");
    const volume = pod.volumes.find(({ configMap }) => configMap?.name === "busbar-config");
    const mount = router.volumeMounts.find(({ name }) => name === volume?.name);
    assert.ok(mount);
    assert.equal(mount.mountPath, imageEnv(await text("Dockerfile"))["BUSBAR_CONFIG"]);
    assert.equal(mount.subPath, undefined);
    const config = await withFolder(data, configOf);
    assert.ok(config.rules.size > 0);
  });

  it("The Kubernetes base has a Service of its own name for each function that polls", async () => {
    const polling = pollingFunctions(await withFolder(find(manifests, "ConfigMap", "busbar-config").data, configOf));
    assert.deepEqual(polling, ["order-processor"]);
    for (const name of polling) {
      const ports = [{ name: "runtime-api", port: 9001, targetPort: "runtime-api" }];
      assert.deepEqual(find(manifests, "Service", name).spec.ports, ports);
    }
  });

  it("The Kubernetes base has an example of such a function, which asks by that name and is let through", async () => {
    const { template } = find(await render(join(ROOT, "k8s/order-processor")), "Deployment", "order-processor").spec;
    const address = template.spec.containers[0].env.find(({ name }) => name === "AWS_LAMBDA_RUNTIME_API")?.value;
    assert.equal(address, `order-processor.${find(manifests, "Namespace", "busbar").metadata.name}:9001`);
    const variables = template.spec.containers[0].env.map(({ name }) => name);
    for (const variable of AWS_RUNTIME_VARIABLES) assert.ok(variables.includes(variable), variable);
    const { ingress } = find(manifests, "NetworkPolicy", "busbar").spec;
    const rule = ingress.find(({ ports }) => ports[0]?.port === "runtime-api");
    const [from] = rule?.from as [{ podSelector: Selector }];
    assert.ok(selects(from.podSelector.matchLabels, template.metadata.labels));
  });

  it("The Kubernetes base is scraped where the Prometheus Operator runs, with the same alerts as elsewhere", async () => {
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

  it("The Kubernetes base brings the dashboards, under the label that Grafana's sidecar looks for", async () => {
    const manifests = await render(join(ROOT, "k8s/monitoring"));
    const configMaps = manifests.filter(({ kind }) => kind === "ConfigMap");
    assert.deepEqual(
      configMaps.map(({ metadata }) => metadata.labels),
      configMaps.map(() => ({ grafana_dashboard: "1" })),
    );
    assert.deepEqual(new Map(configMaps.flatMap(({ data }) => Object.entries(data))), dashboardFiles());
  });
});

describe("docs/kubernetes.md", () => {
  it("docs/kubernetes.md shows an overlay that changes the base's image and all of its configuration", async () => {
    const [, block = ""] = /^```yaml overlay\n([^]*?)^```$/m.exec(await text("docs/kubernetes.md")) ?? [];
    const overlay = parse(block) as Kustomization;
    const base = await yaml<Kustomization>("k8s/kustomization.yaml");
    const names = ({ images = [], configMapGenerator = [] }: Kustomization): unknown => ({
      images: images.map(({ name }) => name),
      configMaps: configMapGenerator.map(({ name, files }) => ({ name, files })),
    });
    assert.deepEqual(overlay.resources, ["../../k8s"]);
    assert.deepEqual(names(overlay), names(base));
  });
});
