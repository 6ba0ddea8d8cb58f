import { setTimeout as sleep } from "node:timers/promises";
import type { ApiDestination, ConnectionAuth } from "../../core/function.ts";
import type { Invoker } from "../../core/invocation.ts";
import { judgeAnswer } from "./answer.ts";
import { callHeaders } from "./call-headers.ts";
import { createAgent, exchange, hostAndPort } from "./exchange.ts";
import { RateLimit } from "./rate-limit.ts";
import { API_DESTINATION_REASONS } from "./status-reason.ts";

export interface ApiDestinationOptions {
  /** How long a call may take. EventBridge's, and the default, is 5 s. */
  readonly timeoutMs?: number;
  /** For the rate limit only. */
  readonly clock?: Clock;
}

export interface Clock {
  /** Milliseconds from any fixed moment; never goes back. */
  nowMs(): number;
  /** Rejects when the signal fires. */
  sleep(durationMs: number, signal: AbortSignal): Promise<unknown>;
}

const SYSTEM_CLOCK: Clock = {
  nowMs: () => performance.now(),
  sleep: (durationMs, signal) => sleep(durationMs, undefined, { signal }),
};

/**
 * Calls an API destination with its connection's authorization, no faster than its rate limit. Waiting for the
 * limit does not count as part of the call. The capacity is at most one second's worth of calls, so that no
 * delivery is held here for much longer than that: the rest wait in the queue.
 */
export function apiDestinationInvoker(destination: ApiDestination, options: ApiDestinationOptions = {}): Invoker {
  const { timeoutMs = 5_000, clock = SYSTEM_CLOCK } = options;
  const url = new URL(destination.url);
  const from = hostAndPort(url);
  const rate = destination.invocationRateLimitPerSecond;
  const capacity = Math.min(destination.concurrency, Math.max(1, Math.ceil(rate)));
  const agent = createAgent(capacity);
  const limit = new RateLimit(rate);
  const ownHeaders = { "content-type": "application/json; charset=utf-8", ...authHeaders(destination.auth) };
  return {
    async invoke(invocation, signal) {
      signal.throwIfAborted();
      const waitMs = limit.take(clock.nowMs());
      if (waitMs > 0) await clock.sleep(waitMs, signal);
      const request = {
        origin: url.origin,
        from,
        path: url.pathname + url.search,
        method: destination.method,
        headers: { ...callHeaders(invocation), ...ownHeaders },
        body: invocation.payloadJson,
        timeoutMs,
      };
      return exchange(agent, request, signal, (answer) => judgeAnswer(answer, API_DESTINATION_REASONS));
    },
    capacity: { current: () => capacity, onChange: () => undefined },
    close: () => agent.destroy(),
  };
}

/** The connection's header. An API key's name is in lower case like all others, so that it replaces one of ours. */
function authHeaders(auth: ConnectionAuth): Record<string, string> {
  switch (auth.kind) {
    case "none":
      return {};
    case "apiKey":
      return { [auth.header.toLowerCase()]: auth.value };
    case "basic":
      return { authorization: `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString("base64")}` };
    case "bearer":
      return { authorization: `Bearer ${auth.token}` };
  }
}
