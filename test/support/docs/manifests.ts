import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { parse, parseAllDocuments } from "yaml";

/** Labels, or what a selector wants of them. */
export type Labels = Readonly<Record<string, string>>;

/** A label selector, in the newer of Kubernetes' two forms. */
export interface Selector {
  readonly matchLabels?: Labels;
}

interface Env {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly secretKeyRef?: { readonly name: string; readonly key: string; readonly optional?: boolean };
  };
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface Container {
  readonly image: string;
  readonly args?: readonly string[];
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
  readonly volumes: readonly {
    readonly name: string;
    readonly configMap?: { readonly name: string };
    readonly emptyDir?: { readonly sizeLimit: string };
    readonly secret?: { readonly secretName: string };
  }[];
}

interface Port {
  readonly name?: string;
  readonly port: number | string;
  readonly targetPort?: string;
}

/** As much of a manifest as the tests read; which fields are there depends on its kind. */
export interface Manifest {
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
    readonly egress: readonly { readonly to?: readonly unknown[]; readonly ports: readonly Port[] }[];
    readonly endpoints: readonly { readonly port: string; readonly path: string }[];
    readonly groups: unknown;
  };
}

/** A `kustomization.yaml` of ours, as much of it as we use. */
export interface Kustomization {
  readonly namespace: string;
  readonly resources: readonly string[];
  readonly images?: readonly { readonly name: string; readonly newName?: string; readonly newTag: string }[];
  readonly configMapGenerator?: readonly {
    readonly name: string;
    readonly files: readonly string[];
  }[];
  /** For all that is generated. */
  readonly generatorOptions?: { readonly labels?: Labels };
}

function documents(source: string): readonly Manifest[] {
  return parseAllDocuments(source).map((document) => document.toJS() as Manifest);
}

/** What `kubectl apply -k` would send. */
export async function render(folder: string): Promise<readonly Manifest[]> {
  try {
    const { stdout } = await promisify(execFile)("kubectl", ["kustomize", folder]);
    return documents(stdout);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return await renderByHand(folder);
    throw error;
  }
}

/** The same on a machine without kubectl, as far as our own bases go: resources, namespace, images, files. */
async function renderByHand(folder: string): Promise<readonly Manifest[]> {
  const read = (name: string): Promise<string> => readFile(join(folder, name), "utf8");
  const {
    namespace,
    resources,
    images = [],
    configMapGenerator = [],
    generatorOptions: { labels } = {},
  } = parse(await read("kustomization.yaml")) as Kustomization;
  let source = (await Promise.all(resources.map(read))).join("\n---\n");
  for (const { name, newName = name, newTag } of images) {
    source = source.replaceAll(new RegExp(`image: ${name}$`, "gm"), `image: ${newName}:${newTag}`);
  }
  const configMaps = configMapGenerator.map(async ({ name, files }) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, ...(labels === undefined ? {} : { labels }) },
    data: Object.fromEntries<string>(
      await Promise.all(files.map(async (file) => [basename(file), await read(file)] as const)),
    ),
  }));
  const manifests = [...documents(source), ...(await Promise.all(configMaps))] as readonly Manifest[];
  return manifests.map((manifest) =>
    manifest.kind === "Namespace" ? manifest : { ...manifest, metadata: { ...manifest.metadata, namespace } },
  );
}

/** The manifest of that kind and name, which must be there. */
export function find(manifests: readonly Manifest[], kind: string, name: string): Manifest {
  const found = manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  assert.ok(found, `there is no ${kind} ${name}`);
  return found;
}

/** Whether a selector means what has these labels. One that says nothing means nothing here. */
export function selects(selector: Labels | undefined, labels: Labels | undefined): boolean {
  const wanted = Object.entries(selector ?? {});
  return wanted.length > 0 && wanted.every(([name, value]) => labels?.[name] === value);
}
