import { createHash } from "node:crypto";
import type { Config } from "../../../domain/config.ts";
import type { FunctionAuthorizer } from "../../../domain/http-route/http-route.ts";
import type { FunctionCalls } from "../../../ports/functions/function-calls.ts";
import { waitFor } from "../../../async/time-limit.ts";
import { ANYBODY } from "../authorized.ts";
import { requestContext, payload2 } from "../payloads/payload-2.ts";
import type { DoorEventParts } from "../payloads/event-parts.ts";
import { STAGE } from "../payloads/event-parts.ts";
import type { AuthorizerAnswer } from "./authorizer-answer.ts";
import { readAuthorizerAnswer } from "./authorizer-answer.ts";
import { identityAt } from "./identity.ts";
import type { AuthorizerVerdict } from "./verdict.ts";
import { refused } from "./verdict.ts";

/** API Gateway's limit. */
const ANSWER_MS_MAX = 10_000;
/** Answers that are kept, of all routes together. The oldest goes first. */
const KEPT_MAX = 10_000;
/** Longer answers are asked for each time. */
const KEPT_CHARACTERS_MAX = 8_192;

export interface FunctionAuthorizersOptions {
  readonly config: () => Config;
  readonly functionCalls: Pick<FunctionCalls, "call" | "canWaitFor">;
  readonly newId: () => string;
  readonly steadyMs: () => number;
}

/** What an authorizer is asked about. The body has not been read. */
type AskedParts = Omit<DoorEventParts, "authorized" | "body">;

interface Question {
  readonly parts: AskedParts;
  readonly gone: AbortSignal;
  readonly identitySource: readonly string[];
}

interface Kept {
  readonly answer: AuthorizerAnswer;
  readonly untilMs: number;
}

/** Asks functions whether requests may come in, and keeps their answers by what proves the sender. */
export class FunctionAuthorizers {
  readonly #options: FunctionAuthorizersOptions;
  readonly #kept = new Map<string, Kept>();

  constructor(options: FunctionAuthorizersOptions) {
    this.#options = options;
  }

  async authorize(authorizer: FunctionAuthorizer, parts: AskedParts, gone: AbortSignal): Promise<AuthorizerVerdict> {
    const { identitySources, ttlSeconds, functionName, qualifier } = authorizer;
    const identities = identitySources.map((source) => identityAt(source, parts.request));
    if (identities.some((one) => one === undefined)) return refused("unauthorized");
    const key = keyOf([parts.door.name, functionName, qualifier, ...identities]);
    const kept = ttlSeconds === 0 ? undefined : this.#find(key);
    const answer =
      kept ?? (await this.#ask(authorizer, { parts, gone, identitySource: identities as readonly string[] }));
    if (answer === "throttled") return refused("throttled");
    if (answer === undefined) return refused("internal");
    if (kept === undefined && ttlSeconds > 0) this.#keep(key, answer, ttlSeconds);
    if (!answer.allows(routeArn(parts))) return refused("forbidden");
    const { principalId, context } = answer;
    return { ok: true, authorized: { kind: "function", principalId, context } };
  }

  /** `throttled` where nothing was free to call it. */
  async #ask(
    { functionName, qualifier }: FunctionAuthorizer,
    { parts, gone, identitySource }: Question,
  ): Promise<AuthorizerAnswer | "throttled" | undefined> {
    const { config, functionCalls, newId } = this.#options;
    const fn = config().functions.get(functionName);
    if (fn === undefined || !functionCalls.canWaitFor(fn)) return undefined;
    const payload = Buffer.from(JSON.stringify(authorizerEvent(parts, identitySource)));
    const asked = { id: newId(), fn, payload, trace: parts.request.trace, by: undefined, gone };
    const call = functionCalls.call({ ...asked, qualifier, clientContext: undefined, wantsLog: false });
    const end = await waitFor(call, ANSWER_MS_MAX);
    if (end === undefined) return undefined;
    if (end.kind === "refused") return end.reason === "stopped" ? undefined : "throttled";
    return end.outcome.ok ? readAuthorizerAnswer(end.outcome.responseJson) : undefined;
  }

  #find(key: string): AuthorizerAnswer | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined || kept.untilMs > this.#options.steadyMs()) return kept?.answer;
    this.#kept.delete(key);
    return undefined;
  }

  #keep(key: string, answer: AuthorizerAnswer, ttlSeconds: number): void {
    if (answer.characters > KEPT_CHARACTERS_MAX) return;
    this.#kept.set(key, { answer, untilMs: this.#options.steadyMs() + ttlSeconds * 1_000 });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT_MAX && oldest !== undefined) this.#kept.delete(oldest);
  }
}

/** A hash, since tokens are secrets, and may be as long as a header. */
function keyOf(parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64");
}

/** A payload 2.0 of type REQUEST: the request without its body, which has not been read. */
function authorizerEvent(parts: AskedParts, identitySource: readonly string[]) {
  const whole = { ...parts, authorized: ANYBODY, body: Buffer.alloc(0) };
  const { isBase64Encoded: _, ...event } = payload2(whole);
  return {
    ...event,
    type: "REQUEST",
    routeArn: routeArn(parts),
    identitySource,
    requestContext: requestContext(whole),
  };
}

/** `arn:aws:execute-api:us-east-1:000000000000:orders/$default/GET/orders/1` */
function routeArn({ door, request, identity }: AskedParts): string {
  const { region, accountId } = identity;
  return `arn:aws:execute-api:${region}:${accountId}:${door.name}/${STAGE}/${request.method}${door.rawPath}`;
}
