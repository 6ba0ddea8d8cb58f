import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { Router } from "../test/support/router/router.ts";
import { CalledServer } from "./called-server.ts";
import { median, percentile } from "./median.ts";

interface Options {
  readonly seconds: number;
  readonly rounds: number;
  readonly clients: number;
  readonly bytes: number;
  readonly json?: boolean;
}

/** Where calls go: to the function itself, or to a router that calls it. */
interface Subject {
  readonly name: "direct" | "invoke";
  readonly url: string;
}

/** What one subject made of one round. */
interface Figures {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** With as many calls a second as half of what a router makes. */
  readonly halfLoad: { readonly p50Ms: number; readonly p99Ms: number };
}

/** Calls at even distances may come together where something pauses: none is to be refused. */
const CONCURRENCY = 1_000;

const ANSWER = '{"done":true}';

/** Synchronous calls a second through one router, beside the same function called directly over HTTP. */
export async function benchInvoke(options: Options): Promise<void> {
  const { clients, bytes, rounds, seconds } = options;
  const server = await CalledServer.start();
  server.onCall(() => undefined, ANSWER);
  const config = `functions: { called: { http: { url: "${server.url}" }, concurrency: ${CONCURRENCY} } }`;
  const router = await Router.start({ config });
  const say = (text: string): void => {
    if (!options.json) process.stdout.write(`${text}\n`);
  };
  try {
    const subjects: readonly Subject[] = [
      { name: "direct", url: server.url },
      { name: "invoke", url: `${router.publicUrl}/2015-03-31/functions/called/invocations` },
    ];
    const payload = JSON.stringify("x".repeat(bytes));
    for (const { url } of subjects) await atFullLoad(url, payload, clients, 2);
    const all: Record<string, Figures>[] = [];
    for (let round = 0; round < rounds; round++) {
      const full = new Map<string, readonly number[]>();
      const inTurn = round % 2 === 0 ? subjects : subjects.toReversed();
      for (const { name, url } of inTurn) full.set(name, await atFullLoad(url, payload, clients, seconds));
      const half = (full.get("invoke")?.length ?? 0) / seconds / 2;
      const figures: Record<string, Figures> = {};
      for (const { name, url } of inTurn) {
        const made = full.get(name) ?? [];
        const halfLoad = shownTimes(await atLoad(url, payload, half, seconds));
        figures[name] = { perSecond: Math.round(made.length / seconds), ...shownTimes(made), halfLoad };
        const { perSecond, p50Ms, p99Ms } = figures[name];
        const atHalf = `${halfLoad.p50Ms} and ${halfLoad.p99Ms} ms at ${Math.round(half)} a second`;
        say(
          `round ${round + 1}  ${name.padEnd(7)} ${perSecond} calls a second, p50 ${p50Ms} and p99 ${p99Ms} ms; ${atHalf}`,
        );
      }
      all.push(figures);
    }
    const ratio = Number(
      median(all.map((round) => of(round, "invoke").perSecond / of(round, "direct").perSecond)).toFixed(2),
    );
    const added = median(all.map((round) => of(round, "invoke").halfLoad.p50Ms - of(round, "direct").halfLoad.p50Ms));
    const addedP50Ms = Number(added.toFixed(2));
    say(`\n${ratio} of the rate of direct calls, and ${addedP50Ms} ms more at half load`);
    if (options.json) process.stdout.write(`${JSON.stringify({ rounds: all, ratio, addedP50Ms })}\n`);
  } finally {
    await router.remove();
    await server.stop();
  }
}

function of(round: Readonly<Record<string, Figures>>, name: Subject["name"]): Figures {
  const figures = round[name];
  if (figures === undefined) throw new Error(`nothing was measured of ${name}`);
  return figures;
}

function shownTimes(ms: readonly number[]): { readonly p50Ms: number; readonly p99Ms: number } {
  return { p50Ms: Number(percentile(ms, 50).toFixed(2)), p99Ms: Number(percentile(ms, 99).toFixed(2)) };
}

/** So many clients call one after the other. @returns how long each call took, in milliseconds */
async function atFullLoad(url: string, payload: string, clients: number, seconds: number): Promise<readonly number[]> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: clients });
  const times: number[] = [];
  const endsAt = performance.now() + seconds * 1_000;
  const client = async (): Promise<void> => {
    while (performance.now() < endsAt) times.push(await call(url, payload, agent));
  };
  await Promise.all(Array.from({ length: clients }, client));
  agent.destroy();
  return times;
}

/** Calls that begin at even distances, however long the others take. */
async function atLoad(url: string, payload: string, perSecond: number, seconds: number): Promise<readonly number[]> {
  const agent = new http.Agent({ keepAlive: true });
  const calls: Promise<number>[] = [];
  const beganAt = performance.now();
  for (let elapsed = 0; elapsed < seconds * 1_000; elapsed = performance.now() - beganAt) {
    while (calls.length < (elapsed / 1_000) * perSecond) calls.push(call(url, payload, agent));
    await sleep(1);
  }
  const times = await Promise.all(calls);
  agent.destroy();
  return times;
}

/** @returns how long it took, in milliseconds. Rejects where the answer is not the function's. */
function call(url: string, payload: string, agent: http.Agent): Promise<number> {
  const beganAt = performance.now();
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method: "POST", agent }, (response) => {
      response.setEncoding("utf8");
      let text = "";
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => {
        if (text === ANSWER) resolve(performance.now() - beganAt);
        else reject(new Error(`answered ${response.statusCode}: ${text}`));
      });
    });
    request.on("error", reject);
    request.end(payload);
  });
}
