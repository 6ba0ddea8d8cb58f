import { isDeepStrictEqual } from "node:util";
import type { ApiDestination, FunctionConfig } from "../../domain/target/function.ts";

/** What a function or API destination is called by. With other settings it needs another invoker. */
export type CallSettings = Readonly<Record<string, unknown>>;

/** Properties of a function that say nothing about the call itself. */
type OfDeliveries =
  | "name"
  | "description"
  | "aliases"
  | "url"
  | "paused"
  | "reservedConcurrency"
  | "circuitBreaker"
  | "orderBy"
  | "maximumRetryAttempts"
  | "maximumEventAgeInSeconds"
  | "retryIntervalsSeconds"
  | "onSuccess"
  | "onFailure"
  | "deadLetterQueue";

export function functionCallSettings(fn: FunctionConfig): CallSettings {
  const { version, run, timeoutSeconds, concurrency, callerConcurrency, memorySize, environment, logFormat } = fn;
  const versions = [...(fn.versions?.values() ?? [])].map(functionCallSettings);
  const settings = {
    version,
    run,
    timeoutSeconds,
    concurrency,
    callerConcurrency,
    memorySize,
    environment,
    logFormat,
    versions,
  };
  // A new property does not compile before it is listed here or above.
  return settings satisfies Record<Exclude<keyof FunctionConfig, OfDeliveries>, unknown>;
}

export function apiDestinationCallSettings(destination: ApiDestination): CallSettings {
  const { url, method, auth, parameters, tls, signingKeys, invocationRateLimitPerSecond, concurrency } = destination;
  const settings = { url, method, auth, parameters, tls, signingKeys, invocationRateLimitPerSecond, concurrency };
  return settings satisfies Record<Exclude<keyof ApiDestination, OfDeliveries>, unknown>;
}

/** Whether two settings ask for the same invoker. Undefined stands for none at all. */
export function sameCallSettings(one: CallSettings | undefined, other: CallSettings | undefined): boolean {
  return isDeepStrictEqual(one, other);
}
