import type { ConnectionParameters, NamedTexts } from "./http-parameters.ts";
import type { FunctionUrl } from "../http-route/http-route.ts";
import type { CircuitBreakerPolicy } from "./circuit.ts";
import type { Layer } from "./layer.ts";
import type { TlsTexts } from "./tls-texts.ts";
import type { FunctionAlias } from "./function-alias.ts";
import type { LogFormat } from "../logs/platform-lines.ts";
import type { TargetRef } from "./target.ts";

/** Where a function's success or failure record goes. */
export type RecordTarget = Extract<TargetRef, { kind: "queue" | "function" | "event-bus" }>;

/** The most attempts at once. A function that polls, or runs in containers, is then bounded by its environments alone. */
export const CONCURRENCY_MAX = 1_000;

/** How a function is run. */
export type FunctionKind =
  | {
      readonly kind: "http";
      readonly url: string;
      readonly format: "event" | "cloudevents";
      readonly tls?: TlsTexts;
    }
  | {
      readonly kind: "runtimeApi";
      /** A poll needs one of them. Left out, it needs none. */
      readonly secrets?: readonly string[];
    }
  | { readonly kind: "container"; readonly url: string; readonly tls?: TlsTexts }
  | {
      readonly kind: "process";
      readonly command: readonly string[];
      /** In Lambda's order: a later one comes before an earlier one. */
      readonly layers?: readonly Layer[];
    };

/** How a function keeps the order of its events. */
export interface OrderBy {
  /** A JSON path into the event: what it finds is the key. Events of one key are called one at a time, in their order. */
  readonly path: string;
  /**
   * What becomes of an event that has used up its retries. `skip`: it is a dead letter, and its key goes on. `block`: it is
   * tried on, and its key waits, until it succeeds, an operator skips it or its age is over.
   */
  readonly whenFailed: "skip" | "block";
}

/** A configured function, with Lambda's property names and defaults. */
export interface FunctionConfig {
  readonly name: string;
  /** Set on a version of a function: its number. */
  readonly version?: string;
  readonly run: FunctionKind;
  readonly description?: string;
  /** How long one attempt may take. Lambda's default is 3. */
  readonly timeoutSeconds: number;
  /** Attempts in flight at once, on each router. */
  readonly concurrency: number;
  /** Of `concurrency`, the calls that are kept for callers who wait: they have no others, and nobody else has these. */
  readonly callerConcurrency?: number;
  /** Calls in flight at once over all routers, whoever makes them; 0 switches it off. Left out, each router goes by `concurrency` alone. */
  readonly reservedConcurrency?: number;
  /** Megabytes, as the function reads it from its environment; nothing enforces it. */
  readonly memorySize: number;
  readonly environment: Readonly<Record<string, string>>;
  /** In which form the lines around its calls are, and a process is asked to write its own; `Text` where it is left out. */
  readonly logFormat?: LogFormat;
  /** Retries after function errors and time-outs. Lambda's default is 2. */
  readonly maximumRetryAttempts: number;
  readonly maximumEventAgeInSeconds: number;
  /** Waits before those retries; the last one repeats. Lambda's are 60 and 120. */
  readonly retryIntervalsSeconds: readonly number[];
  /** Left out, it has none. */
  readonly url?: FunctionUrl;
  /** Left out, it is called however often its calls fail. */
  readonly circuitBreaker?: CircuitBreakerPolicy;
  /** Left out, its events may be called in any order. */
  readonly orderBy?: OrderBy;
  /** Whether the configuration pauses it. */
  readonly paused?: boolean;
  readonly onSuccess?: RecordTarget;
  readonly onFailure?: RecordTarget;
  readonly deadLetterQueue?: string;
  /** By number, what is called for each: the function itself, with what the version says otherwise. */
  readonly versions?: ReadonlyMap<string, FunctionConfig>;
  readonly aliases?: ReadonlyMap<string, FunctionAlias>;
}

/** How an API destination's calls are authorized. The values are secrets: never log them. */
export type ConnectionAuth =
  | { readonly kind: "none" }
  /** Calls fail, and are tried again, until the connection is made usable. */
  | { readonly kind: "unusable"; readonly reason: string }
  | { readonly kind: "apiKey"; readonly header: string; readonly value: string }
  | { readonly kind: "basic"; readonly username: string; readonly password: string }
  | { readonly kind: "bearer"; readonly token: string }
  | ({ readonly kind: "oauth" } & ClientCredentials);

/** For access tokens by OAuth 2.0's client credentials grant (RFC 6749, section 4.4). */
export interface ClientCredentials {
  readonly tokenUrl: string;
  readonly method: "POST" | "GET" | "PUT";
  readonly clientId: string;
  readonly clientSecret: string;
  /** `basic`: as HTTP basic authentication. `body`: among the parameters. */
  readonly clientAuthentication: "basic" | "body";
  readonly scope?: string;
  /** Further parameters of the token request, such as an `audience`. */
  readonly parameters: NamedTexts;
  readonly headers: NamedTexts;
  readonly query: NamedTexts;
}

export interface ApiDestination {
  readonly name: string;
  readonly description?: string;
  readonly url: string;
  readonly method: string;
  readonly auth: ConnectionAuth;
  /** What its connection adds to each call. Secrets may be among them. */
  readonly parameters?: ConnectionParameters;
  readonly tls?: TlsTexts;
  /** Keys that calls are signed with (Standard Webhooks), one signature each. There are two during a rotation. */
  readonly signingKeys?: readonly Buffer[];
  /** Calls a second over all routers: one router at a time consumes the queue. EventBridge's default is 300. */
  readonly invocationRateLimitPerSecond: number;
  /** Calls in flight at once. */
  readonly concurrency: number;
  /** Left out, it is called however often its calls fail. */
  readonly circuitBreaker?: CircuitBreakerPolicy;
  /** Whether the configuration pauses it. */
  readonly paused?: boolean;
}
