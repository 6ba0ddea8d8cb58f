import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Router } from "../../test/support/router.ts";
import type { Workload } from "./workload.ts";
import { CONCURRENCY } from "./workload.ts";

/** Something that takes PutEvents and calls the function, as a process of its own. */
export interface Subject {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** The router with many rules, of which one matches. */
export async function startBusbar(
  functionUrl: string,
  broker: string,
  workload: Workload,
  { settings, journal }: { readonly settings: Readonly<Record<string, string>>; readonly journal: boolean },
): Promise<Subject> {
  const config = `${configOf(functionUrl, workload)}${journal ? "journal: { kibibytesPerSecond: 65536 }\n" : ""}`;
  const router = await Router.start({ config, env: { BUSBAR_BROKER: broker, BUSBAR_LOG_LEVEL: "info", ...settings } });
  return { url: router.publicUrl, pid: router.pid, stop: () => router.remove() };
}

function configOf(functionUrl: string, { rules, fanOut }: Workload): string {
  const names = Array.from({ length: fanOut }, (_, index) => `counting-${index}`);
  const functions = names.map((name) => `  ${name}: { http: { url: "${functionUrl}" }, concurrency: ${CONCURRENCY} }`);
  const targets = names.map((name) => `${name}: { function: ${name} }`).join(", ");
  const others = Array.from({ length: rules - 1 }, (_, index) => rule(`other-${index}`, `kind-${index}`, targets));
  return ["functions:", ...functions, "rules:", rule("one", "one", targets), ...others, ""].join("\n");
}

function rule(name: string, kind: string, targets: string): string {
  const pattern = `{ source: [bench], detail-type: [Counted], detail: { kind: [${kind}] } }`;
  return `  ${name}: { eventPattern: ${pattern}, targets: { ${targets} } }`;
}

/** The bare pipeline, which knows no rules and publishes every event as often as there are functions. */
export async function startBare(functionUrl: string, broker: string, workload: Workload): Promise<Subject> {
  const args = ["bench/deliver/bare.ts", functionUrl, broker, String(CONCURRENCY), String(workload.fanOut)];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  if (child.stdout === null) throw new Error("the bare pipeline has no standard output");
  const [url] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return {
    url,
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}
