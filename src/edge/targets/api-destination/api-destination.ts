import { setTimeout as sleep } from "node:timers/promises";
import type { ApiDestination } from "../../../domain/target/function.ts";
import type { Invocation, Invoker } from "../../../ports/functions/functions.ts";
import type { Limit } from "../../../domain/limits.ts";
import type { Outcome } from "../../../domain/failure/outcome.ts";
import type { RateLimits } from "../../../async/rate-limit.ts";
import type { AddressGuard } from "../http/address-guard.ts";
import { judgeAnswer } from "../http/answer.ts";
import type { OnTokenRequest } from "./access-tokens.ts";
import type { Headers } from "./authorization.ts";
import { authorizationOf } from "./authorization.ts";
import { callBody, callParameterHeaders, callPath } from "./call-parameters.ts";
import { callHeaders } from "../http/call-headers.ts";
import { HttpCaller, hostAndPort } from "../http/exchange.ts";
import type { Clock } from "./rate-limit.ts";
import { destinationRateLimits, inTurn } from "./rate-limit.ts";
import { API_DESTINATION_REASONS } from "../http/status-reason.ts";
import { webhookSignature } from "./webhook-signature.ts";

export interface ApiDestinationOptions {
  /** How long a call may take. EventBridge's, and the default, is 5 s. */
  readonly timeoutMs?: number;
  /** For the rate limit only. */
  readonly clock?: Clock;
  /** The time of day: for the end of access tokens, and in signatures. */
  readonly wallMs?: () => number;
  /** The limits with the calls that were made before. None were by default. */
  readonly rateLimits?: RateLimits;
  readonly responseLimit?: Limit;
  /** Which addresses may be called. All by default. */
  readonly addressGuard?: AddressGuard | undefined;
  readonly onTokenRequest?: OnTokenRequest;
}

const CONTENT_TYPE = { "content-type": "application/json; charset=utf-8" };

const SYSTEM_CLOCK: Clock = {
  nowMs: () => performance.now(),
  sleep: (durationMs, signal) => sleep(durationMs, undefined, { signal }),
};

/**
 * Calls an API destination with its connection's authorization, no faster than its rate limit. The wait for the limit is
 * not part of the call. The capacity is the rate times the time-out, and one second's worth that waits for its turn. With
 * less, a slow target would not get its rate; with more, deliveries would be held here that can wait in the queue.
 */
export function apiDestinationInvoker(destination: ApiDestination, options: ApiDestinationOptions = {}): Invoker {
  const { timeoutMs = 5_000, clock = SYSTEM_CLOCK, wallMs = Date.now, rateLimits = destinationRateLimits() } = options;
  const url = new URL(destination.url);
  const from = hostAndPort(url);
  const rate = destination.invocationRateLimitPerSecond;
  const capacity = Math.min(destination.concurrency, Math.ceil(rate * (timeoutMs / 1_000 + 1)));
  const caller = new HttpCaller({
    connections: capacity,
    responseLimit: options.responseLimit,
    // An API destination has no function errors, and its `connection` has a limited number of retries.
    brokenOffReason: "connection",
    addressGuard: options.addressGuard,
    tls: destination.tls,
  });
  const authorization = authorizationOf(destination.auth, options.addressGuard, wallMs, options.onTokenRequest);
  const turn = inTurn(rateLimits.at(destination.name, rate, clock.nowMs()), clock);
  const { signingKeys = [], parameters } = destination;

  function call(invocation: Invocation, authHeaders: Headers, signal: AbortSignal): Promise<Outcome> {
    const { id, http } = invocation;
    const payload = callBody(invocation.payload, parameters);
    const signature = signingKeys.length === 0 ? {} : webhookSignature(signingKeys, id, payload, wallMs());
    const request = {
      origin: url.origin,
      from,
      path: callPath(url, http, parameters),
      method: destination.method,
      headers: {
        ...CONTENT_TYPE,
        ...callParameterHeaders(http, parameters),
        ...callHeaders(invocation),
        ...signature,
        ...authHeaders,
      },
      body: payload,
      timeoutMs,
    };
    return caller.exchange(request, (answer) => judgeAnswer(answer, API_DESTINATION_REASONS), signal);
  }

  return {
    async invoke(invocation, signal) {
      await turn(signal);
      return authorization.call((headers) => call(invocation, headers, signal), signal);
    },
    capacity: { current: () => capacity, onChange: () => undefined },
    close: async () => {
      await Promise.all([caller.close(), authorization.close()]);
    },
  };
}
