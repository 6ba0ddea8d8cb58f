import { Router } from "../../test/support/router/router.ts";
import type { Script } from "../script.ts";
import { startScript } from "../script.ts";
import type { Workload } from "./workload.ts";
import { CONCURRENCY } from "./workload.ts";

/** Something that takes PutEvents and calls the function, as a process of its own. */
export type Subject = Script;

/** A router that is measured. */
export interface BusbarSubject extends Subject {
  readonly router: Router;
}

export interface BusbarOptions {
  readonly settings?: Readonly<Record<string, string>>;
  /** Lines of its configuration. */
  readonly more?: string;
  /** What else is said of each target, in YAML. */
  readonly target?: string;
}

/** The router with many rules, of which one matches. */
export async function startBusbar(
  functionUrl: string,
  broker: string,
  workload: Workload,
  { settings = {}, more = "", target = "" }: BusbarOptions,
): Promise<BusbarSubject> {
  const config = `${configOf(functionUrl, workload, target)}${more}`;
  const router = await Router.start({ config, env: { BUSBAR_BROKER: broker, BUSBAR_LOG_LEVEL: "info", ...settings } });
  return { router, url: router.publicUrl, pid: router.pid, stop: () => router.remove() };
}

/** The router with a trace backend beside it. @param ratio of the puts whose traces are recorded. */
export async function startTraced(
  functionUrl: string,
  broker: string,
  workload: Workload,
  ratio: number,
): Promise<Subject> {
  const sink = await startScript(["bench/deliver/trace-sink.ts"]);
  const settings = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, BUSBAR_TRACE_RATIO: String(ratio) };
  const router = await startBusbar(functionUrl, broker, workload, { settings });
  return {
    ...router,
    stop: async () => {
      await router.stop();
      await sink.stop();
    },
  };
}

function configOf(functionUrl: string, { rules, fanOut }: Workload, target: string): string {
  const names = Array.from({ length: fanOut }, (_, index) => `counting-${index}`);
  const functions = names.map((name) => `  ${name}: { http: { url: "${functionUrl}" }, concurrency: ${CONCURRENCY} }`);
  const targets = names.map((name) => `${name}: { function: ${name}${target} }`).join(", ");
  const others = Array.from({ length: rules - 1 }, (_, index) => rule(`other-${index}`, `kind-${index}`, targets));
  return ["functions:", ...functions, "rules:", rule("one", "one", targets), ...others, ""].join("\n");
}

function rule(name: string, kind: string, targets: string): string {
  const pattern = `{ source: [bench], detail-type: [Counted], detail: { kind: [${kind}] } }`;
  return `  ${name}: { eventPattern: ${pattern}, targets: { ${targets} } }`;
}

/** The bare pipeline, which knows no rules and publishes every event as often as there are functions. */
export function startBare(functionUrl: string, broker: string, workload: Workload): Promise<Subject> {
  return startScript(["bench/deliver/bare.ts", functionUrl, broker, String(CONCURRENCY), String(workload.fanOut)]);
}
