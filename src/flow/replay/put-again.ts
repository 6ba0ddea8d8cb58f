import type { Identity } from "../../domain/arn.ts";
import type { Config } from "../../domain/config.ts";
import { messageFact } from "../../domain/delivery/delivery-message.ts";
import { replayedEvent } from "../../domain/event/archived-event.ts";
import type { BusEvent } from "../../domain/event/event.ts";
import type { LeftOut, ReplayOrder } from "../../domain/replay/replay.ts";
import type { Rule } from "../../domain/rule/rule.ts";
import type { JobProgress } from "../../domain/job/job.ts";
import { JOB_EXAMPLES_MAX } from "../../domain/job/job.ts";
import type { WorkEnd } from "../../ports/admin/jobs.ts";
import type { Publisher } from "../../ports/broker/publisher.ts";
import { PublishError } from "../../ports/broker/publisher.ts";
import type { DeliveryObserver, RouterObserver } from "../../ports/observer.ts";
import { derivedIds } from "../route/derived-ids.ts";
import type { Routed } from "../route/route.ts";
import { route } from "../route/route.ts";
import { storeUntilConfirmed } from "../store/until-confirmed.ts";
import type { DatedEvent } from "./dated-events.ts";
import type { KnownSuccesses } from "./undelivered/known-successes.ts";
import { bothLeftOut, NONE_LEFT_OUT, TargetChoice } from "./undelivered/left-out.ts";
import { JournalUnfit } from "./undelivered/read-successes.ts";

export interface PutAgainOptions {
  readonly broker: Publisher;
  readonly config: () => Config;
  readonly identity: Identity;
  /** The same text has the same id on every router. */
  readonly deriveId: (text: string) => string;
  readonly observer: Pick<RouterObserver, "replayed"> & Pick<DeliveryObserver, "moveDelayed">;
  readonly nowMs: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Resolves when other work has had its turn. */
  readonly pause: () => Promise<void>;
}

/** Why a replay can go on neither now nor later. */
export class ReplayRefusal extends Error {
  override readonly name = "ReplayRefusal";
}

interface Putting {
  readonly jobId: string;
  /** Ends it; what is not confirmed by then may be stored or not. */
  readonly leave: AbortSignal;
  /** Called each time that a queue or the broker does not take what it should. */
  readonly onDelay: (problem: string) => void;
  /** Called when all of it was handed to the broker: what is put from then on comes behind it, unless a queue refuses some. */
  readonly onHandedOver?: () => void;
  /** What was delivered before, where that is not sent again. */
  readonly successes?: KnownSuccesses | undefined;
}

/** A replayed event that cannot be put on its bus. */
export interface Unroutable {
  readonly id: string;
  readonly reason: string;
  readonly message: string;
}

/** What became of a batch: the events that are on the bus again, those that cannot be, and those that need not be. */
export interface PutAgain {
  readonly eventIds: readonly string[];
  readonly unroutable: readonly Unroutable[];
  readonly leftOut: LeftOut;
}

/** A batch, and what became of it. */
export interface SentBatch {
  readonly batch: readonly DatedEvent[];
  readonly put: PutAgain;
}

type RoutedAgain =
  | (Extract<Routed, { ok: true }> & { readonly leftOut: LeftOut; readonly isSent: boolean })
  | ({ readonly ok: false } & Unroutable);

/**
 * Puts archived events on their bus again. Resolves when everything that comes of them is confirmed. The ids of deliveries
 * are made of the job and the event: what is put twice by one replay has the same ids.
 *
 * @throws ReplayRefusal when the bus is gone; PublishError when no queue will ever take a message; the reason of `leave`.
 */
export async function putAgain(
  batch: readonly DatedEvent[],
  order: ReplayOrder,
  { jobId, leave, onDelay, onHandedOver, successes }: Putting,
  options: PutAgainOptions,
): Promise<PutAgain> {
  const { observer } = options;
  const { name: replay, archive, bus } = order;
  const atMs = options.nowMs();
  const routed: Extract<Routed, { ok: true }>[] = [];
  const unroutable: Unroutable[] = [];
  let leftOut = NONE_LEFT_OUT;
  for (const archived of batch) {
    const met = await routeAgain(archived, order, { jobId, atMs, successes }, options);
    if (!met.ok) unroutable.push(met);
    else if (met.isSent) routed.push(met);
    if (met.ok) leftOut = bothLeftOut(leftOut, met.leftOut);
  }
  const messages = routed.flatMap(({ planned }) => planned.map(({ message }) => message));
  const onFailure = (error: unknown): void => {
    const [first] = messages;
    if (first !== undefined) observer.moveDelayed(first.queue, messageFact(first), error);
    onDelay(error instanceof Error ? error.message : String(error));
  };
  const stored = storeUntilConfirmed({ messages, leave, onDelay: onFailure }, options);
  onHandedOver?.();
  await stored;
  const facts = routed.map(({ fact }) => fact);
  const deadLetters = routed.flatMap((one) => one.deadLetters);
  observer.replayed({ replay, archive, bus, jobId, atMs, routed: facts, deadLetters, leftOut });
  return { eventIds: facts.flatMap(({ event }) => event?.id ?? []), unroutable, leftOut };
}

/** A progress with what became of one more batch. */
export function withBatch(progress: JobProgress, { eventIds, unroutable, leftOut }: PutAgain): JobProgress {
  const { removed, unredrivable, examples, firstIds } = progress;
  const stays = { ...unredrivable };
  for (const { reason } of unroutable) stays[reason] = (stays[reason] ?? 0) + 1;
  return {
    ...progress,
    removed: removed + eventIds.length,
    unredrivable: stays,
    examples: [...examples, ...unroutable].slice(0, JOB_EXAMPLES_MAX),
    firstIds: [...firstIds, ...eventIds].slice(0, JOB_EXAMPLES_MAX),
    ...(progress.leftOut === undefined ? {} : { leftOut: bothLeftOut(progress.leftOut, leftOut) }),
  };
}

/** How a piece of work ends that an error ended. */
export function failedEnd(progress: JobProgress, error: unknown): WorkEnd {
  const problem = error instanceof Error ? error.message : String(error);
  const isRefused = error instanceof ReplayRefusal || error instanceof PublishError || error instanceof JournalUnfit;
  return { progress, end: "failed", problem, isRefused };
}

async function routeAgain(
  { body, position, atMs: acceptedAtMs }: DatedEvent,
  order: ReplayOrder,
  { jobId, atMs, successes }: Pick<Putting, "jobId" | "successes"> & { readonly atMs: number },
  { config: configOf, identity, pause, deriveId }: PutAgainOptions,
): Promise<RoutedAgain> {
  const config = configOf();
  // An unknown bus is no reason to make a dead letter of each archived event.
  if (!config.eventBuses.has(order.bus)) throw new ReplayRefusal(`event bus "${order.bus}" does not exist`);
  // What a new rule gets of its past is as if it had been there: no replay is named in it.
  const name = order.catchesUp === true ? undefined : order.name;
  const event = replayedEvent(body, { name, bus: order.bus, nowMs: atMs });
  if (event === undefined) {
    return { ok: false, id: `place ${position}`, reason: "unreadable", message: "it is not an event" };
  }
  const newId = derivedIds(JSON.stringify(["replay", jobId, event.id]), deriveId);
  const fitting = fittingRules(event, order, config);
  const choice = successes && new TargetChoice({ id: event.id, atMs: acceptedAtMs }, order, successes);
  const context = { config, identity, newId, pause, isSkipped: choice?.isSkipped };
  const routed = await route(event, context, fitting === undefined ? {} : { fitting });
  if (!routed.ok) return { ...routed, id: event.id };
  const sent = routed.planned.length;
  return { ...routed, leftOut: choice?.leftOut(sent) ?? NONE_LEFT_OUT, isSent: choice === undefined || sent > 0 };
}

/** The only rules that get an event, where the replay names them, with the only target; undefined for all that it fits. */
export function fittingRules(
  event: BusEvent,
  { rules, target }: Pick<ReplayOrder, "rules" | "target">,
  config: Config,
): readonly Rule[] | undefined {
  if (rules === undefined) return undefined;
  const matched = config.rulesByBus.get(event.bus)?.match(event.body) ?? [];
  // Matched once more, it is refused with the reason.
  if (typeof matched === "string") return undefined;
  const named = matched.filter(({ name }) => rules.includes(name));
  if (target === undefined) return named;
  return named.map((rule) => ({ ...rule, targets: rule.targets.filter(({ id }) => id === target) }));
}
