import type { AttemptWay, DeliveryWay, EventWay } from "../../../../src/admin-api/history/history.ts";
import { timeAxis, type Stretch, type TimeAxis } from "./time-axis.ts";

/** A delivery's lane, with how deep it is below the event: records that call functions follow indented. */
export interface Lane {
  readonly delivery: DeliveryWay;
  readonly depth: number;
}

const DEPTH_MAX = 16;

/** The deliveries as a tree: each record's deliveries below the one they came of, in the order of their beginning. */
export function lanesOf({ deliveries }: EventWay): readonly Lane[] {
  const known = new Set(deliveries.map(({ id }) => id));
  const below = Map.groupBy(deliveries, ({ parent }) =>
    parent !== undefined && known.has(parent.deliveryId) ? parent.deliveryId : "",
  );
  const placed = new Set<string>();
  const walk = (parentId: string, depth: number): Lane[] =>
    (below.get(parentId) ?? []).flatMap((delivery) => {
      if (placed.has(delivery.id) || depth > DEPTH_MAX) return [];
      placed.add(delivery.id);
      return [{ delivery, depth }, ...walk(delivery.id, depth + 1)];
    });
  return walk("", 0);
}

/** The axis of all that happened to an event, up to now while something is to come. */
export function axisOf(way: EventWay, nowMs: number): TimeAxis {
  const stretches: Stretch[] = way.event === undefined ? [] : [point(way.event.atMs)];
  for (const { attempts, letters, redrives, records, parked, state } of way.deliveries) {
    stretches.push(...attempts.map(stretchOf));
    stretches.push(...[...letters, ...redrives, ...records, ...parked].map(({ atMs }) => point(atMs)));
    const nextAtMs = attempts.at(-1)?.nextAtMs;
    if (state === "failing" && nextAtMs !== undefined) stretches.push(point(Math.max(nextAtMs, nowMs)));
  }
  return timeAxis(stretches);
}

/** When an attempt's call began and ended. */
export function stretchOf({ startedAtMs, callMs, atMs }: AttemptWay): Stretch {
  return { fromMs: startedAtMs, toMs: callMs > 0 ? startedAtMs + callMs : Math.max(startedAtMs, atMs) };
}

/** Whether nothing more will come of an event by itself. */
export function isEnded(way: EventWay | undefined): boolean {
  if (way?.event === undefined) return false;
  return way.outcome === "unmatched" || (isWhole(way) && way.deliveries.every(({ state }) => ENDED.includes(state)));
}

const ENDED = ["delivered", "failed", "redriven"];

/** Whether as many deliveries are known as the event has. */
function isWhole({ event, deliveries }: EventWay): boolean {
  return deliveries.length >= (event?.publishedCount ?? 0);
}

const point = (atMs: number): Stretch => ({ fromMs: atMs, toMs: atMs });

/** The event's JSON, wherever of its way it was kept. */
export function bodyOf({ body, deliveries }: EventWay): string | undefined {
  return body ?? deliveries.find((delivery) => delivery.body !== undefined && delivery.origin !== undefined)?.body;
}
