import { lookup } from "node:dns/promises";
import type { FunctionConfig, FunctionKind } from "../../../domain/target/function.ts";
import type { Invocation, Invoker } from "../../../ports/functions/functions.ts";
import { isJsonObject, parseJson, shownJson } from "../../../json/json.ts";
import type { Limit } from "../../../domain/limits.ts";
import type { Outcome } from "../../../domain/failure/outcome.ts";
import type { Resolve, Slot } from "./address-slots.ts";
import { AddressSlots } from "./address-slots.ts";
import type { Answer } from "../http/answer.ts";
import { failed, judgeAnswer } from "../http/answer.ts";
import { callHeaders } from "../http/call-headers.ts";
import { HttpCaller, hostAndPort } from "../http/exchange.ts";
import { responseJsonOf } from "../../../domain/delivery/response-json.ts";
import { sandboxTimeout } from "../../../domain/failure/lambda-failure.ts";
import { waitFor } from "../../../async/time-limit.ts";

/** A function that is a Lambda container image, called through the emulator built into AWS's base images. */
export type ContainerFunction = FunctionConfig & { readonly run: Extract<FunctionKind, { kind: "container" }> };

export interface ContainerOptions {
  /** The addresses of the container's name. The system's resolver by default. */
  readonly resolve?: Resolve;
  readonly refreshMs?: number;
  /** How much longer than the function's time-out the emulator has to report it. 2 s by default. */
  readonly graceMs?: number;
  readonly responseLimit?: Limit;
}

const INVOCATION_PATH = "/2015-03-31/functions/function/invocations";

/**
 * The emulator ends a call at its own limit, `AWS_LAMBDA_FUNCTION_TIMEOUT`, which has to be set to the function's
 * `timeoutSeconds`. It has this much longer to report the time-out.
 */
const GRACE_MS = 2_000;

/** Well below the shortest time-out, so that an unreachable address fails as `connection` and not as `timeout`. */
const CONNECT_TIMEOUT_MS = 1_500;

/** Longer than the sentence by which the emulator reports a time-out. */
const TIMEOUT_SENTENCE_BYTES_MAX = 100;
const ERROR_TYPE_CHARACTERS_MAX = 200;

/** How long a call waits at most while every address is taken. The wait is twice a call's time where that is shorter. */
const SLOT_WAIT_MS_MAX = 60_000;

/**
 * Calls Lambda containers through their emulator (AWS Lambda Runtime Interface Emulator). Two overlapping calls
 * crash it, so each address that the URL's host name resolves to gets one call at a time. On Kubernetes this needs a
 * headless Service: behind a cluster address all containers look like one.
 *
 * A call that is not answered `timeoutSeconds` + 2 s after its start is `timeout`, and abandoned: it may still run.
 * Its connection stays open, and its address gets no other call until the emulator answers or hangs up, or the
 * same time has passed once more (where `AWS_LAMBDA_FUNCTION_TIMEOUT` is longer than the function's time-out).
 */
export function containerInvoker(fn: ContainerFunction, options: ContainerOptions = {}): Invoker {
  const url = new URL(fn.run.url);
  const patienceMs = fn.timeoutSeconds * 1_000 + (options.graceMs ?? GRACE_MS);
  const { responseLimit } = options;
  const caller = new HttpCaller({
    connections: 1,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    responseLimit,
    tls: fn.run.tls,
  });
  const closing = new AbortController();
  const slots = new AddressSlots({
    hostname: url.hostname.replace(/^\[|\]$/g, ""),
    resolve: options.resolve ?? resolveName,
    refreshMs: options.refreshMs ?? 5_000,
    slotsMax: fn.concurrency,
  });

  async function call(slot: Slot, invocation: Invocation): Promise<Outcome> {
    try {
      const request = { ...emulatorRequest(url, slot.address, invocation), timeoutMs: 2 * patienceMs };
      const outcome = await caller.exchange(request, (answer) => judgeEmulator(answer, invocation.id), closing.signal);
      // A failed connection is the first sign that a container has ended.
      if (!outcome.ok && outcome.reason === "connection") void slots.refresh();
      return outcome;
    } finally {
      slots.release(slot);
    }
  }

  return {
    async invoke(invocation, signal) {
      signal.throwIfAborted();
      const taken = await slots.take(Math.min(2 * patienceMs, SLOT_WAIT_MS_MAX), signal);
      if ("reason" in taken) return taken;
      const onGiveUp = () => slots.abandon(taken);
      const outcome = await waitFor(call(taken, invocation), patienceMs, { signal, onGiveUp });
      return outcome ?? unanswered(taken, invocation.id, fn.timeoutSeconds * 1_000);
    },
    capacity: slots,
    close: () => {
      slots.close();
      closing.abort();
      return caller.close();
    },
  };
}

/** The connection goes to the address. The `Host` header names the URL's host, as in any call of the URL. */
function emulatorRequest(url: URL, address: string, invocation: Invocation) {
  const authority = `${address.includes(":") ? `[${address}]` : address}${url.port === "" ? "" : `:${url.port}`}`;
  const origin = `${url.protocol}//${authority}`;
  return {
    origin,
    from: hostAndPort(new URL(origin)),
    path: `${url.pathname.replace(/\/$/, "")}${INVOCATION_PATH}`,
    method: "POST",
    headers: { ...callHeaders(invocation), "content-type": "application/json", host: url.host },
    body: invocation.payload,
  };
}

/**
 * The outcome of an emulator's answer. Nearly every answer is a 200: a handler's error has an `errorType`, and a time-out
 * is a sentence that is not JSON. A process that exits or does not start is a 502 with an `errorType`. Of the types that
 * begin with `Sandbox.`, one is the time-out, and the others are failures of the emulator itself, as after a time-out. An
 * emulator that is busy with another call answers 400 without a body.
 */
function judgeEmulator(answer: Answer, requestId: string): Outcome {
  const { from, statusCode, body } = answer;
  if (statusCode === 400 && body.length === 0) return failed(answer, "throttled", `${from} is busy with another call`);
  if (statusCode !== 200 && statusCode !== 502) return judgeAnswer(answer);
  const timeoutMs = timeoutIn(body);
  if (timeoutMs !== undefined) return { ...sandboxTimeout(requestId, timeoutMs), statusCode };
  const errorType = errorTypeIn(body);
  if (errorType === undefined) return judgeAnswer(answer);
  const message = `${from} answered ${statusCode}: ${shownJson(errorType, ERROR_TYPE_CHARACTERS_MAX)}`;
  if (errorType === "Sandbox.Timedout") return failed(answer, "timeout", message);
  const isOwn = statusCode === 502 && typeof errorType === "string" && errorType.startsWith("Sandbox.");
  return failed(answer, isOwn ? "server_error" : "function_error", message);
}

/** The time-out that the emulator reports in a sentence, in milliseconds; undefined for any other body. */
function timeoutIn(body: Buffer): number | undefined {
  if (body.length > TIMEOUT_SENTENCE_BYTES_MAX) return undefined;
  const [, seconds] = /^Task timed out after (\d+\.\d+) seconds\s*$/.exec(body.toString()) ?? [];
  return seconds === undefined ? undefined : Number(seconds) * 1_000;
}

function errorTypeIn(body: Buffer): unknown {
  const answered = parseJson(responseJsonOf(body) ?? "");
  return isJsonObject(answered) && Object.hasOwn(answered, "errorType") ? answered["errorType"] : undefined;
}

/** The time-out of a call that the emulator itself has not ended. */
function unanswered(slot: Slot, requestId: string, timeoutMs: number): Outcome {
  const failure = sandboxTimeout(requestId, timeoutMs);
  return { ...failure, message: `the container at ${slot.address}: ${failure.message}` };
}

/**
 * The addresses of one family, IPv4 where there are any: a container with an address of each kind would otherwise
 * get two slots.
 */
async function resolveName(hostname: string): Promise<readonly string[]> {
  const found = await lookup(hostname, { all: true });
  const ipv4 = found.filter(({ family }) => family === 4);
  return (ipv4.length > 0 ? ipv4 : found).map(({ address }) => address);
}
