import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Router } from "../../test/support/router.ts";

/** Calls in flight to the function, the same for all subjects. */
const CONCURRENCY = 50;
const RULES = 100;

/** Something that takes PutEvents and calls the function. */
export interface Subject {
  readonly url: string;
  memoryMiB(): number;
  stop(): Promise<void>;
}

/** The router as a process of its own, with a hundred rules of which one matches. */
export async function startBusbar(functionUrl: string, broker: string): Promise<Subject> {
  const others = Array.from(
    { length: RULES - 1 },
    (_, index) =>
      `  other-${index}: { eventPattern: { source: [bench], detail-type: [Counted], detail: { kind: [kind-${index}] } }, targets: { f: { function: counting } } }`,
  );
  const config = `
functions:
  counting: { http: { url: "${functionUrl}" }, concurrency: ${CONCURRENCY} }
rules:
  one: { eventPattern: { source: [bench], detail-type: [Counted], detail: { kind: [one] } }, targets: { f: { function: counting } } }
${others.join("\n")}
`;
  const router = await Router.start({ config, env: { BUSBAR_BROKER: broker, BUSBAR_LOG_LEVEL: "info" } });
  return { url: router.publicUrl, memoryMiB: () => residentMiB(router.pid), stop: () => router.remove() };
}

/** The bare pipeline as a process of its own. */
export async function startBare(functionUrl: string, broker: string): Promise<Subject> {
  const args = ["bench/deliver/bare.ts", functionUrl, broker, String(CONCURRENCY)];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  if (child.stdout === null) throw new Error("the bare pipeline has no standard output");
  const [url] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return {
    url,
    memoryMiB: () => residentMiB(child.pid ?? 0),
    stop: async () => {
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

/** Linux only: elsewhere there is no figure. */
function residentMiB(pid: number): number {
  try {
    const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return Math.round(Number(kib) / 1_024);
  } catch {
    return Number.NaN;
  }
}
