import { setTimeout as sleep } from "node:timers/promises";
import type { ApiDestination, ConnectionAuth } from "../../core/function.ts";
import type { Invoker } from "../../core/invocation.ts";
import type { Limit } from "../../core/limits.ts";
import type { AddressGuard } from "./address-guard.ts";
import { judgeAnswer } from "./answer.ts";
import { callHeaders } from "./call-headers.ts";
import { Caller, hostAndPort } from "./exchange.ts";
import type { Clock } from "./rate-limit.ts";
import { inTurn, RateLimit } from "./rate-limit.ts";
import { API_DESTINATION_REASONS } from "./status-reason.ts";

export interface ApiDestinationOptions {
  /** How long a call may take. EventBridge's, and the default, is 5 s. */
  readonly timeoutMs?: number;
  /** For the rate limit only. */
  readonly clock?: Clock;
  readonly responseLimit?: Limit;
  /** Which addresses may be called. Left out, all of them. */
  readonly addressGuard?: AddressGuard | undefined;
}

const SYSTEM_CLOCK: Clock = {
  nowMs: () => performance.now(),
  sleep: (durationMs, signal) => sleep(durationMs, undefined, { signal }),
};

/**
 * Calls an API destination with its connection's authorization, no faster than its rate limit. Waiting for the
 * limit does not count as part of the call. The capacity is the calls that a target may have in hand which takes all
 * its time for each, and one second's worth to wait for their turn: with less, a slow target would never see its rate,
 * and with more, deliveries would be held here for long that can wait in the queue.
 */
export function apiDestinationInvoker(destination: ApiDestination, options: ApiDestinationOptions = {}): Invoker {
  const { timeoutMs = 5_000, clock = SYSTEM_CLOCK } = options;
  const url = new URL(destination.url);
  const from = hostAndPort(url);
  const rate = destination.invocationRateLimitPerSecond;
  const capacity = Math.min(destination.concurrency, Math.ceil(rate * (timeoutMs / 1_000 + 1)));
  const caller = new Caller({
    connections: capacity,
    responseLimit: options.responseLimit,
    addressGuard: options.addressGuard,
  });
  const turn = inTurn(new RateLimit(rate, clock.nowMs()), clock);
  const ownHeaders = { "content-type": "application/json; charset=utf-8", ...authHeaders(destination.auth) };
  return {
    async invoke(invocation, signal) {
      await turn(signal);
      const request = {
        origin: url.origin,
        from,
        path: url.pathname + url.search,
        method: destination.method,
        headers: { ...callHeaders(invocation), ...ownHeaders },
        body: invocation.payloadJson,
        timeoutMs,
      };
      return caller.exchange(request, signal, (answer) => judgeAnswer(answer, API_DESTINATION_REASONS));
    },
    capacity: { current: () => capacity, onChange: () => undefined },
    close: () => caller.close(),
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
