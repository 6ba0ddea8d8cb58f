import { doublingMs } from "../../async/doubling.ts";
import type { Identity } from "../../domain/arn.ts";
import type { Config } from "../../domain/config.ts";
import type { KeptPolicy, ScheduleMark } from "../../domain/delivery/delivery.ts";
import { countHeader, messageFact, readSchedule, scheduleHeaders } from "../../domain/delivery/delivery-message.ts";
import { HEADER } from "../../domain/delivery/headers.ts";
import { scheduleDeadLetterHeaders } from "../../domain/failure/dead-letter.ts";
import type { FailedCondition } from "../../domain/failure/verdict.ts";
import type { Message } from "../../domain/queue/message.ts";
import { DEAD_LETTER_QUEUE, SCHEDULES_QUEUE } from "../../domain/queue/queues.ts";
import { reachingOf } from "../../domain/target/policy.ts";
import type { DeliveryObserver, RouterObserver } from "../../ports/observer.ts";
import { keptMessage, storeOrKeep } from "../store/kept.ts";
import type { Storing, StoringDeps } from "../store/until-confirmed.ts";
import { storeUnlessRefused, storeUntilConfirmed } from "../store/until-confirmed.ts";

/** The waits between two tries of a queue that refuses its message: doubling. */
const FIRST_WAIT_MS = 60_000;
const WAIT_MS_MAX = 300_000;

export interface RefusedOptions extends StoringDeps {
  readonly config: () => Config;
  readonly identity: Identity;
  /** Epoch milliseconds. */
  readonly nowMs: () => number;
  readonly observer: Pick<RouterObserver, "scheduleDeadLettered"> & Pick<DeliveryObserver, "moveDelayed">;
}

/**
 * Keeps messages that their queues refused, and that come back through the queue of cursors. A schedule's own message is
 * tried for as long and as often as its retry policy says, and then is a dead letter; any other until its queue takes it.
 *
 * @param marks of those that schedules send to queues.
 * @throws when `leave` fires.
 */
export async function keepRefused(
  refused: readonly Message[],
  marks: ReadonlyMap<Message, ScheduleMark>,
  leave: AbortSignal,
  options: RefusedOptions,
): Promise<void> {
  await Promise.all(
    refused.map((message) => keepOrEnd({ message, mark: marks.get(message), tries: 1 }, leave, options)),
  );
}

/** Tries a message that came back. @throws when `leave` fires. */
export async function tryAgain(kept: Message, leave: AbortSignal, options: RefusedOptions): Promise<void> {
  const { [HEADER.attempt]: tried, [HEADER.schedulePolicy]: _, ...headers } = kept.headers;
  const tries = countHeader(tried, 1);
  // Without a number it is a message of a rule, a dead letter, or was kept by an earlier version.
  const mark = tries === undefined ? undefined : readSchedule(kept.headers);
  const message = mark === undefined ? kept : { ...kept, headers };
  const storing = storingWith(options, [message], leave);
  const refused = await storeUnlessRefused(storing, { afterMs: 0 }, options);
  if (refused.length > 0) await keepOrEnd({ message, mark, tries: (tries ?? 0) + 1 }, leave, options);
}

/** A message that its queue has refused so often, and the schedule that sent it there. */
interface Refused {
  readonly message: Message;
  readonly mark: ScheduleMark | undefined;
  readonly tries: number;
}

async function keepOrEnd(
  { message, mark, tries }: Refused,
  leave: AbortSignal,
  options: RefusedOptions,
): Promise<void> {
  if (mark === undefined) return keep(message, FIRST_WAIT_MS, leave, options);
  const { retryPolicy } = saidOf(mark, options);
  const { maximumRetryAttempts, maximumEventAgeMs } = reachingOf(retryPolicy);
  const waitMs = doublingMs(tries, FIRST_WAIT_MS, WAIT_MS_MAX);
  const endWith = (condition: FailedCondition): Promise<void> =>
    end({ message, mark, retries: tries - 1, condition }, leave, options);
  if (tries > maximumRetryAttempts) return endWith("RetriesExhausted");
  if (options.nowMs() + waitMs - mark.dueMs > maximumEventAgeMs) return endWith("EventAgeExceeded");
  const headers = { ...message.headers, ...scheduleHeaders(mark), [HEADER.attempt]: tries };
  await keep({ ...message, headers }, waitMs, leave, options);
}

async function keep(message: Message, delayMs: number, leave: AbortSignal, options: RefusedOptions): Promise<void> {
  const storing = storingWith(options, [keptMessage(message, SCHEDULES_QUEUE)], leave);
  await storeUntilConfirmed({ ...storing, delayMs }, options);
}

interface Ended {
  readonly message: Message;
  readonly mark: ScheduleMark;
  readonly retries: number;
  readonly condition: FailedCondition;
}

/** Makes it a dead letter, as Scheduler does when its retries are exhausted. */
async function end({ message, mark, ...ended }: Ended, leave: AbortSignal, options: RefusedOptions): Promise<void> {
  const { config, identity, observer } = options;
  const { queue: name, id } = message;
  const reason = "throttled";
  const failure = { ...ended, reason, message: `queue "${name}" did not take the message` } as const;
  const letters = saidOf(mark, options).deadLetterQueue;
  const death = { target: { kind: "queue", name }, ...failure, schedule: mark, id } as const;
  const queue = letters !== undefined && config().queues.has(letters) ? letters : DEAD_LETTER_QUEUE;
  const letter = { ...message, queue, headers: { ...message.headers, ...scheduleDeadLetterHeaders(identity, death) } };
  await storeOrKeep(storingWith(options, [letter], leave), SCHEDULES_QUEUE, { afterMs: 0 }, options);
  observer.scheduleDeadLettered({ schedule: mark.name, queue, reason, ...messageFact(letter) });
}

/** What a schedule says of failures: one of the API with the message, one of a file in the configuration. */
function saidOf({ name, kept }: ScheduleMark, { config }: RefusedOptions): KeptPolicy {
  return kept ?? config().schedules.get(name)?.target ?? {};
}

/** Messages that are stored until they are confirmed. */
export function storingWith(
  { observer }: Pick<RefusedOptions, "observer">,
  messages: readonly Message[],
  leave: AbortSignal,
): Storing {
  const onDelay = (error: unknown): void => {
    const [first] = messages;
    if (first !== undefined) observer.moveDelayed(first.queue, messageFact(first), error);
  };
  return { messages, leave, onDelay };
}
