import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { DescribeRuleCommand, PutRuleCommand } from "@aws-sdk/client-eventbridge";
import { eventsClient } from "../test/support/aws/events-client.ts";
import { withFolder } from "../test/support/config-folder.ts";
import type { Router } from "../test/support/router/router.ts";
import { cpuMs } from "./cpu-time.ts";
import type { Standstills } from "./event-loop/standstills.ts";
import { probed, standstillsAt } from "./event-loop/standstills.ts";
import { percentile } from "./median.ts";
import { fillWithRules, patternOf } from "./store/made-rules.ts";
import type { SharedByRouters } from "./store/store-servers.ts";
import { openStoreAt, startRouters, withStoreServers } from "./store/store-servers.ts";

interface Options {
  readonly rules: readonly number[];
  readonly changes: number;
  readonly seconds: number;
  readonly json?: boolean;
}

/** One measurement. */
type Workload = Pick<Options, "changes" | "seconds"> & { readonly rules: number };

/** Two routers, the first of which is asked, and where the probes of both listen. */
interface Measured {
  readonly routers: readonly Router[];
  readonly clients: readonly [EventBridgeClient, EventBridgeClient];
  readonly sockets: readonly string[];
}

/** Routers to which nobody does anything. */
interface Idle {
  readonly standstills: Standstills;
  /** Of each router, processor time in a second. */
  readonly cpuMsPerSecond: readonly number[];
}

/** What putting rules one after the other came to. */
interface Singles {
  readonly putP50Ms: number;
  readonly putP99Ms: number;
  /** Until the other router has a rule in force, from the answer on. */
  readonly elsewhereP50Ms: number;
  readonly elsewhereMaxMs: number;
  /** Processor time of the router that is asked, and of the other, beyond what they take while they are idle. */
  readonly cpuMsPerPut: number;
  readonly cpuMsElsewhere: number;
  readonly standstills: Standstills;
}

interface Figures extends Singles {
  readonly rules: number;
  readonly startedMs: number;
  /** Of the router that took more. */
  readonly startCpuMs: number;
  /** Of routers to which nobody does anything for as long as rules are put, for the machine's own share. */
  readonly idle: Standstills;
  /** What the router that is asked takes for nothing, of a second. */
  readonly idleCpuMsPerSecond: number;
  /** Put by ten callers, and what each cost both routers together. */
  readonly rulesPerSecond: number;
  readonly cpuMsByMany: number;
}

const CALLERS = 10;
const PAUSE_MS = 50;
const POLL_MS = 5;
const SETTLE_MS = 3_000;
/** The ten callers put these again and again, so that there are as many rules as were asked for. */
const MANY_NAMES = 100;
const CONFIG = "queues: { orders: {} }\n";

/** What changing rules over the API costs two routers on RabbitMQ and PostgreSQL that have very many of them. */
export async function benchRulesApi({ rules, changes, seconds, json }: Options): Promise<void> {
  const all: Figures[] = [];
  await withStoreServers(async ({ fresh }) => {
    for (const count of rules) {
      const shared = await fresh();
      const figures = await withFolder({}, (folder) => measure(shared, folder, { rules: count, changes, seconds }));
      all.push(figures);
      if (!json) process.stdout.write(textOf(figures));
    }
  });
  if (json) process.stdout.write(`${JSON.stringify(all)}\n`);
}

async function measure(shared: SharedByRouters, folder: string, workload: Workload): Promise<Figures> {
  const { rules, changes, seconds } = workload;
  const store = await openStoreAt(shared);
  await fillWithRules(store, Math.max(0, rules - changes - MANY_NAMES));
  await store.close();
  const sockets = ["one", "two"].map((name) => join(folder, `${name}.socket`));
  const startedAtMs = performance.now();
  const routers = await startRouters(
    CONFIG,
    sockets.map((socket) => ({ ...shared, ...probed(socket) })),
  );
  const startedMs = performance.now() - startedAtMs;
  const startCpuMs = Math.max(...routers.map(({ pid }) => cpuMs(pid)));
  const [one, two] = routers.map(({ publicUrl }) => eventsClient(publicUrl)) as [EventBridgeClient, EventBridgeClient];
  const measured: Measured = { routers, clients: [one, two], sockets };
  try {
    await sleep(SETTLE_MS);
    const idle = await idleFor(changes * PAUSE_MS, measured);
    const singles = await putSingly(measured, workload, idle);
    const byMany = await putByMany(measured, seconds);
    const [idleCpuMsPerSecond = Number.NaN] = idle.cpuMsPerSecond;
    return { rules, startedMs, startCpuMs, idle: idle.standstills, idleCpuMsPerSecond, ...singles, ...byMany };
  } finally {
    for (const client of measured.clients) client.destroy();
    await Promise.all(routers.map((router) => router.remove()));
  }
}

async function idleFor(ms: number, { routers, sockets }: Measured): Promise<Idle> {
  await standstillsAt(sockets);
  const spent = cpuSince(routers);
  await sleep(ms);
  return { standstills: await standstillsAt(sockets), cpuMsPerSecond: spent().map((each) => (each * 1_000) / ms) };
}

async function putSingly(
  { routers, clients, sockets }: Measured,
  { rules, changes }: Workload,
  idle: Idle,
): Promise<Singles> {
  const [one, two] = clients;
  const spent = cpuSince(routers);
  const startedAtMs = performance.now();
  const putMs: number[] = [];
  const elsewhereMs: number[] = [];
  for (let n = 0; n < changes; n++) {
    const Name = `single-${n}`;
    putMs.push(await timeOf(() => one.send(new PutRuleCommand({ Name, EventPattern: patternOf(rules + n) }))));
    elsewhereMs.push(await timeOf(() => untilKnown(two, Name)));
    await sleep(PAUSE_MS);
  }
  const seconds = (performance.now() - startedAtMs) / 1_000;
  const [asked = Number.NaN, other = Number.NaN] = spent().map(
    (ms, at) => ms - seconds * (idle.cpuMsPerSecond[at] ?? 0),
  );
  return {
    putP50Ms: percentile(putMs, 50),
    putP99Ms: percentile(putMs, 99),
    elsewhereP50Ms: percentile(elsewhereMs, 50),
    elsewhereMaxMs: Math.max(...elsewhereMs),
    cpuMsPerPut: asked / changes,
    cpuMsElsewhere: other / changes,
    standstills: await standstillsAt(sockets),
  };
}

/** Ten callers put rules at two routers, each waiting for its answers. */
async function putByMany(
  { routers, clients }: Measured,
  seconds: number,
): Promise<Pick<Figures, "rulesPerSecond" | "cpuMsByMany">> {
  let put = 0;
  const spent = cpuSince(routers);
  const startedAtMs = performance.now();
  const callers = Array.from({ length: CALLERS }, async (_, caller) => {
    const client = clients[caller % clients.length] as EventBridgeClient;
    while (performance.now() - startedAtMs < seconds * 1_000) {
      const Name = `many-${(put * CALLERS + caller) % MANY_NAMES}`;
      put += 1;
      await client.send(new PutRuleCommand({ Name, EventPattern: JSON.stringify({ source: [`${Name} ${put}`] }) }));
    }
  });
  await Promise.all(callers);
  const rulesPerSecond = put / ((performance.now() - startedAtMs) / 1_000);
  return { rulesPerSecond, cpuMsByMany: spent().reduce((sum, ms) => sum + ms, 0) / put };
}

/** Returns what says the processor time of each router since now. */
function cpuSince(routers: readonly Router[]): () => readonly number[] {
  const beforeMs = routers.map(({ pid }) => cpuMs(pid));
  return () => routers.map(({ pid }, at) => cpuMs(pid) - (beforeMs[at] ?? 0));
}

async function untilKnown(client: EventBridgeClient, Name: string): Promise<void> {
  for (;;) {
    const found = await client.send(new DescribeRuleCommand({ Name })).then(
      () => true,
      (error: unknown) => {
        if (error instanceof Error && error.name === "ResourceNotFoundException") return false;
        throw error;
      },
    );
    if (found) return;
    await sleep(POLL_MS);
  }
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startedAtMs = performance.now();
  await work();
  return performance.now() - startedAtMs;
}

function textOf(figures: Figures): string {
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  const stood = ({ maxMs, long, gcMaxMs }: Standstills): string =>
    `at most ${ms(maxMs)} (the longest garbage collection ${ms(gcMaxMs)}), ${long} times above 20 ms`;
  return `${figures.rules} rules, read by two routers in ${ms(figures.startedMs)}, which took ${ms(figures.startCpuMs)} of processor time each
  PutRule                   p50 ${ms(figures.putP50Ms)}, p99 ${ms(figures.putP99Ms)}
  in force elsewhere        p50 ${ms(figures.elsewhereP50Ms)}, at most ${ms(figures.elsewhereMaxMs)}
  event loop stands still   ${stood(figures.standstills)}
                    idle:   ${stood(figures.idle)}
  processor time            ${ms(figures.cpuMsPerPut)} a rule at the router that is asked, ${ms(figures.cpuMsElsewhere)} at the other
                    idle:   ${ms(figures.idleCpuMsPerSecond)} a second
  by ten callers            ${Math.round(figures.rulesPerSecond)} rules a second, ${ms(figures.cpuMsByMany)} of both routers' processor time each
`;
}
