/** Loaded into a router by `--import`: says how long its event loop stood still, to whoever connects to a socket. */
import { createServer } from "node:net";
import { performance, PerformanceObserver } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";
import { SOCKET_VARIABLE, type Standstills } from "./standstills.ts";

const EVERY_MS = 5;
const LONG_MS = 20;

const nothing: Standstills = { maxMs: 0, long: 0, gcMaxMs: 0 };

function watch(socket: string): void {
  let seen = nothing;
  let lastMs = performance.now();
  setInterval(() => {
    const nowMs = performance.now();
    const stoodMs = nowMs - lastMs - EVERY_MS;
    lastMs = nowMs;
    seen = { ...seen, maxMs: Math.max(seen.maxMs, stoodMs), long: seen.long + (stoodMs > LONG_MS ? 1 : 0) };
  }, EVERY_MS).unref();
  const collections = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) seen = { ...seen, gcMaxMs: Math.max(seen.gcMaxMs, duration) };
  });
  collections.observe({ entryTypes: ["gc"] });
  const server = createServer((connection) => {
    connection.end(JSON.stringify(seen));
    seen = nothing;
  });
  server.listen(socket).unref();
}

const socket = process.env[SOCKET_VARIABLE];
if (isMainThread && socket !== undefined) watch(socket);
