import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { startProblems } from "../../../src/config/settings/exposure.ts";
import { readSettings } from "../../../src/config/settings/read-settings.ts";
import { INDEX_BOUNDS } from "../../../src/console/index/segments/segments.ts";
import { withFolder } from "../../support/config-folder.ts";
import type { Selector } from "../../support/docs/manifests.ts";
import { find, render, selects } from "../../support/docs/manifests.ts";
import { configOf, ROOT, text } from "../../support/docs/packaging.ts";

describe("The console on Kubernetes", async () => {
  const base = await render(join(ROOT, "k8s"));
  const manifests = await render(join(ROOT, "k8s/console"));
  const deployment = find(manifests, "Deployment", "busbar-console").spec;
  const labels = deployment.template.metadata.labels;
  const pod = deployment.template.spec;
  const [container] = pod.containers;
  const policy = find(manifests, "NetworkPolicy", "busbar-console").spec;
  const routers = find(base, "Deployment", "busbar").spec.template;
  const fromSecrets: Readonly<Record<string, string>> = {
    BUSBAR_BROKER: "amqp://rabbitmq",
    BUSBAR_CONSOLE_COOKIE_KEY: Buffer.alloc(32).toString("base64"),
  };
  const env = Object.fromEntries(container.env.map(({ name, value }) => [name, value ?? fromSecrets[name]]));
  const read = readSettings(env);
  assert.ok(read.ok, read.ok ? "" : read.problems.join("\n"));
  const { settings } = read;

  it("is these things, in the routers' namespace", () => {
    assert.deepEqual(
      manifests.map(({ apiVersion, kind, metadata }) => `${apiVersion} ${kind} ${metadata.name}`).sort(),
      [
        "apps/v1 Deployment busbar-console",
        "networking.k8s.io/v1 NetworkPolicy busbar-console",
        "v1 Service busbar-console",
      ],
    );
    const { name } = find(base, "Namespace", "busbar").metadata;
    for (const { metadata } of manifests) assert.equal(metadata.namespace, name);
  });

  it("runs the routers' image, with their broker and their callers, and no more privileges than they have", () => {
    const router = routers.spec.containers[0];
    assert.equal(container.image, router.image);
    assert.deepEqual(container.args, ["console"]);
    for (const variable of ["BUSBAR_BROKER", "BUSBAR_ACCESS_KEYS_FILE"]) {
      const of = (env: typeof router.env) => env.find(({ name }) => name === variable);
      assert.deepEqual(of(container.env), of(router.env), variable);
    }
    assert.deepEqual(container.securityContext, router.securityContext);
    assert.deepEqual(pod.securityContext, routers.spec.securityContext);
    assert.equal(pod.enableServiceLinks, false);
    const secretOf = ({ volumes }: typeof pod) => volumes.find(({ name }) => name === "access")?.secret;
    assert.deepEqual(secretOf(pod), secretOf(routers.spec));
  });

  it("writes its index where it may, with more room than the index takes", async () => {
    const folder = settings.consoleData ?? "";
    const mount = container.volumeMounts.find(({ mountPath }) => mountPath === dirname(folder));
    const volume = pod.volumes.find(({ name }) => name === mount?.name);
    const [, gibibytes = 0] = /^(\d+)Gi$/.exec(volume?.emptyDir?.sizeLimit ?? "") ?? [];
    assert.ok(Number(gibibytes) * 1024 ** 3 > INDEX_BOUNDS.bytesMax);
    const config = await withFolder(find(base, "ConfigMap", "busbar-config").data, configOf);
    assert.ok(config.journal, "the base's routers write the journal");
    assert.match(await text("docs/console.md"), /k8s\/console/);
  });

  it("keeps people signed in by a key from a Secret, and has the settings of an issuer as comments that are right", async () => {
    assert.equal(settings.consoleCookieKey.length, 1);
    const ofSecret = container.env.find(({ name }) => name === "BUSBAR_CONSOLE_COOKIE_KEY")?.valueFrom?.secretKeyRef;
    assert.deepEqual(ofSecret, { name: "busbar-console", key: "cookie-key", optional: true });
    const source = await text("k8s/console/deployment.yaml");
    const comments = Array.from(source.matchAll(/# - name: (BUSBAR_\w+)\n +# {3}value: (\S+)/g), ([, name, value]) => [
      name,
      value,
    ]);
    const filled = readSettings({ ...env, ...(Object.fromEntries(comments) as Record<string, string>) });
    assert.ok(filled.ok, filled.ok ? "" : filled.problems.join());
    assert.deepEqual(startProblems(filled.settings), []);
    const folder = dirname(filled.settings.consoleOidcClientSecretFile ?? "");
    const mount = container.volumeMounts.find(({ mountPath }) => mountPath === folder);
    const secret = pod.volumes.find(({ name }) => name === mount?.name)?.secret;
    assert.deepEqual(secret, { secretName: "busbar-console", defaultMode: 0o440, optional: true });
  });

  it("is probed at the port that it listens on, and found there by its Service", () => {
    assert.equal(deployment.replicas, 1);
    assert.deepEqual(container.ports, [{ name: "console", containerPort: settings.consolePort }]);
    for (const { httpGet } of [container.livenessProbe, container.readinessProbe])
      assert.deepEqual(httpGet, { path: "/livez", port: "console" });
    assert.ok(selects(deployment.selector.matchLabels, labels));
    const service = find(manifests, "Service", "busbar-console").spec;
    assert.ok(selects(service.selector, labels));
    assert.deepEqual(service.ports, [{ name: "console", port: settings.consolePort, targetPort: "console" }]);
  });

  it("calls the routers by their Services, is let through by both network policies, and is none of their pods", () => {
    for (const [url, port] of [
      [settings.consoleAdminUrl, "admin"],
      [settings.consolePublicUrl, "http"],
    ] as const) {
      const { hostname, port: asked } = new URL(url);
      const { ports, selector } = find(base, "Service", hostname).spec;
      assert.deepEqual(ports, [{ name: port, port: Number(asked || 80), targetPort: port }]);
      assert.ok(selects(selector, routers.metadata.labels) && !selects(selector, labels));
      const leaves = policy.egress.filter(({ to }) =>
        (to as { podSelector: Selector }[] | undefined)?.some(({ podSelector }) =>
          selects(podSelector.matchLabels, routers.metadata.labels),
        ),
      );
      assert.ok(leaves.some(({ ports: open }) => open.some((each) => each.port === port)));
      const enters = find(base, "NetworkPolicy", "busbar").spec.ingress.filter(({ from }) =>
        (from as { podSelector?: Selector }[]).some(
          ({ podSelector }) =>
            podSelector !== undefined &&
            (podSelector.matchLabels === undefined || selects(podSelector.matchLabels, labels)),
        ),
      );
      assert.ok(
        enters.some(({ ports: open }) => open.some((each) => each.port === port)),
        port,
      );
    }
    assert.ok(selects(policy.podSelector.matchLabels, labels));
    const anywhere = policy.egress.flatMap(({ to, ports }) => (to === undefined ? ports.map(({ port }) => port) : []));
    for (const port of [5672, 5671, 53]) assert.ok(anywhere.includes(port), `${port}`);
    assert.deepEqual(
      policy.ingress.flatMap(({ ports }) => ports.map(({ port }) => port)),
      ["console"],
    );
    for (const { from } of policy.ingress) assert.ok(from.length > 0);
  });
});
