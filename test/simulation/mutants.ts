import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import type { Fault } from "./faults.ts";

/** A defect of the source: a piece of a file's text, and what stands in its place. */
export interface Mutant {
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Without these it cannot show: seeds that do not draw all of them are left out. */
  readonly faults?: readonly Fault[];
}

/** Defects that cannot be made from outside the router's code, each of which a simulation must find. */
export const MUTANTS: Readonly<Record<string, Mutant>> = {
  "waits twice as long before a retry": {
    file: "src/domain/failure/backoff.ts",
    from: "doublingMs(attempt, 1_000, 300_000)",
    to: "doublingMs(attempt, 2_000, 300_000)",
  },
  "retries half as often as configured": {
    file: "src/domain/target/policy.ts",
    from: "maximumRetryAttempts: fn.maximumRetryAttempts,",
    to: "maximumRetryAttempts: Math.floor(fn.maximumRetryAttempts / 2),",
  },
  "retries more often than configured": {
    file: "src/domain/target/policy.ts",
    from: "maximumRetryAttempts: fn.maximumRetryAttempts,",
    to: "maximumRetryAttempts: fn.maximumRetryAttempts + 1,",
  },
  "takes an event for younger than it is": {
    file: "src/domain/target/policy.ts",
    from: "maximumEventAgeMs: fn.maximumEventAgeInSeconds * 1_000,",
    to: "maximumEventAgeMs: fn.maximumEventAgeInSeconds * 2_000,",
  },
  "declares a queue for several consumers that one may have": {
    file: "src/domain/queue/queues.ts",
    from: "/^busbar\\.(container|api-destination)\\../.test(queue)",
    to: "/^busbar\\.(container)\\../.test(queue)",
  },
  "writes a header under another name": {
    file: "src/domain/delivery/headers.ts",
    from: 'eventId: "busbar-event-id",',
    to: 'eventId: "busbar-event-name",',
  },
  "names the origin of a message otherwise": {
    file: "src/domain/delivery/headers.ts",
    from: 'target: "busbar-target",',
    to: 'target: "busbar-to",',
  },
  "parks a suspect after a single return": {
    file: "src/domain/queue/queues.ts",
    from: "const SUSPECT_CRASHES_MAX = 2;",
    to: "const SUSPECT_CRASHES_MAX = 1;",
  },
  "acks while it hands a queue over": {
    file: "src/edge/rabbitmq/consuming/consumer.ts",
    from: "if (this.#handover.over !== undefined) await this.#handover.over;",
    to: "",
    faults: ["handover"],
  },
  "cancels a queue before its calls have ended": {
    file: "src/edge/rabbitmq/consuming/handover.ts",
    from: "await this.#finish(channel);",
    to: "",
  },
  "takes dead letters out that are not stored where they go": {
    file: "src/flow/redrive/store-then-remove.ts",
    from: "going.filter((one) => !unconfirmed.has(one))",
    to: "going",
    faults: ["redrive"],
  },
  "takes dead letters out before they are stored where they go": {
    file: "src/flow/redrive/store-then-remove.ts",
    from: "const failure = await failureOf(",
    to: "await Promise.all(going.map((one) => one.remove())); const failure = await failureOf(",
  },
  "goes on with a redrive when its caller has gone": {
    file: "src/flow/redrive/paced.ts",
    from: "await this.#options.sleep(pace.waitMs, this.#signal);",
    to: "await this.#options.sleep(pace.waitMs, new AbortController().signal);",
    faults: ["redrive"],
  },
  "does not count what a redrive leaves": {
    file: "src/flow/redrive/redrive-run.ts",
    from: "(this.#unredrivable[letter.reason] ?? 0) + 1",
    to: "1",
    faults: ["redrive"],
  },
  "redrives what a redrive has made": {
    file: "src/flow/redrive/redrive-run.ts",
    from: "this.#filter.notRedrivenSinceMs ?? startedAtMs",
    to: "undefined",
    faults: ["redrive"],
  },
  "redrives faster than asked for": {
    file: "src/flow/budget/pace.ts",
    from: "this.#usedUntilMs += count * this.#intervalMs;",
    to: "this.#usedUntilMs += (count * this.#intervalMs) / 4;",
    faults: ["redrive"],
  },
  "redrives with the number of the last attempt": {
    file: "src/flow/redrive/readdress.ts",
    from: "attempt: 1,",
    to: "attempt: delivery.attempt,",
    faults: ["redrive"],
  },
  "redrives without the event's id": {
    file: "src/flow/redrive/readdress.ts",
    from: "...(eventId === undefined ? {} : { eventId }),",
    to: "",
  },
  "takes a dead letter's id for its event's": {
    file: "src/flow/redrive/readdress.ts",
    from: "readEventId(message) ?? message.id",
    to: "message.id",
    faults: ["redrive"],
  },
  "takes the last redrive for the time of acceptance": {
    file: "src/domain/failure/dead-letter-reading.ts",
    from: "countHeader(headers[HEADER.acceptedAt], 0) ?? letter.atMs",
    to: "letter.atMs",
    faults: ["redrive"],
  },
  "counts a redriven delivery's age from its first time": {
    file: "src/flow/redrive/readdress.ts",
    from: "firstAtMs: nowMs,",
    to: "firstAtMs: delivery.firstAtMs,",
  },
  "meets half of the dead letters": {
    file: "src/flow/redrive/pass.ts",
    from: "(await broker.depth(queue))?.ready ?? 0",
    to: "Math.ceil(((await broker.depth(queue))?.ready ?? 0) / 2)",
  },
  "leaves a dead letter that is alone": {
    file: "src/flow/redrive/pass.ts",
    from: "if (ready === 0)",
    to: "if (ready <= 1)",
  },
  "goes on with redrives while it stops": {
    file: "src/flow/redrive/runs.ts",
    from: 'this.#stopping.abort(new Error("the router is stopping"));',
    to: "",
    faults: ["redrive", "stop"],
  },
  "redrives much slower than asked for": {
    file: "src/flow/budget/pace.ts",
    from: "return Math.max(0, Math.ceil(",
    to: "return Math.max(200_000, Math.ceil(",
    faults: ["redrive"],
  },
  "gives two deliveries of a redrive one id": {
    file: "src/flow/route/derived-ids.ts",
    from: "way === 0",
    to: "way >= 0",
    faults: ["redrive"],
  },
  "does not pass answers on to the router that waits": {
    file: "src/flow/hold/relay.ts",
    from: 'if (reply?.type !== "held") return undefined;',
    to: 'if (reply?.type !== "taken") return undefined;',
  },
  "says that an answer is taken which nobody waits for": {
    file: "src/flow/hold/relay.ts",
    from: 'return taken?.type === "taken" ? "taken" : "unknown";',
    to: 'return taken?.type === "who" ? "unknown" : "taken";',
  },
  "takes an answer for that of another invocation": {
    file: "src/flow/hold/in-hand.ts",
    from: "return this.#held.get(id)?.find((held) => held.scope === scope);",
    to: "return [...this.#held.values()].flat().find((held) => held.scope === scope);",
  },
  "calls what is paused": {
    file: "src/flow/functions/callees.ts",
    from: "this.find(label)?.pause(deps.paused.isPaused(label))",
    to: "undefined",
    faults: ["pause"],
  },
  "calls what was paused before it started": {
    file: "src/flow/functions/callees.ts",
    from: "isPaused: paused.isPaused(label),",
    to: "isPaused: false,",
    faults: ["pause"],
  },
  "gives the polls of a paused function work": {
    file: "src/flow/consume/pull.ts",
    from: '&& !paused.isPaused(destinationLabel({ kind: "function", name }))',
    to: "",
    faults: ["pause"],
  },
  "gives a failure the error code of another": {
    file: "src/domain/failure/reason.ts",
    from: 'function_error: "ERROR_FROM_TARGET"',
    to: 'function_error: "INTERNAL_ERROR"',
  },
  "acks a pack before its members are settled": {
    file: "src/flow/pack/unpacking.ts",
    from: "await allOf(handlings);",
    to: "",
  },
  "takes the other members of a pack that failed for stored": {
    file: "src/flow/pack/packing-broker.ts",
    from: "(parcels[parcel]?.indexes ?? []).map(",
    to: "(parcels[parcel]?.indexes.slice(0, 1) ?? []).map(",
    faults: ["publishes"],
  },
  "loses members of a pack that is taken for a poll": {
    file: "src/flow/pack/packing-broker.ts",
    from: "await this.#store(members.map(alone));",
    to: "await this.#store(members.slice(1).map(alone));",
    faults: ["reload", "pause"],
  },
  "forgets that a pack may have killed a router": {
    file: "src/flow/pack/unpacking.ts",
    from: "begin({ ...member, crashes }, lost, options)",
    to: "begin({ ...member, crashes: 0 }, lost, options)",
    faults: ["poison"],
  },
};

/**
 * Loads the sources with one defect from now on; what was loaded before stays as it is.
 *
 * @throws Error when the text is not in its file: the source has changed since.
 */
export function loadMutated({ file, from, to }: Mutant): void {
  const url = new URL(`../../${file}`, import.meta.url);
  const text = readFileSync(url, "utf8");
  if (text.split(from).length !== 2) throw new Error(`${file} does not hold "${from}" once`);
  registerHooks({
    load: (loaded, context, nextLoad) => {
      const result = nextLoad(loaded, context);
      return loaded === url.href ? { ...result, source: text.replace(from, () => to) } : result;
    },
  });
}
