import type { DeliveryWay, EventWay } from "../../../../src/admin-api/history/history.ts";
import { counted } from "./numbers.ts";
import { momentText } from "./times.ts";
import { reasonText } from "./words.ts";

/**
 * An event's way in one or two sentences: `Delivered to 2 of 3. function/crm fails since 12:03:00 with 503; the next
 * try is at 12:31:00.`
 */
export function sentenceOf({ event, outcome, deliveries }: EventWay, nowMs: number): string {
  const own = deliveries.filter(({ parent }) => parent === undefined);
  if (own.length === 0) return sentenceWithout(outcome, event !== undefined);
  const delivered = own.filter(({ state }) => state === "delivered").length;
  const others = own.filter(({ state }) => state !== "delivered");
  const head =
    others.length === 0
      ? `Delivered to ${wholeText(own)}.`
      : `Delivered to ${delivered} of ${counted(own.length, "target")}.`;
  const shown = others.slice(0, SHOWN_MAX).map((each) => partOf(each, nowMs));
  const rest = others.length - shown.length;
  return [
    head,
    ...shown,
    ...(rest > 0 ? [`${counted(rest, "more delivery", "more deliveries")} did not arrive yet.`] : []),
  ].join(" ");
}

const SHOWN_MAX = 2;

function wholeText(own: readonly DeliveryWay[]): string {
  if (own.length === 1) return nameOf(own[0]);
  return own.length === 2 ? "both targets" : `all ${counted(own.length, "target")}`;
}

function sentenceWithout(outcome: EventWay["outcome"], isKnown: boolean): string {
  if (outcome === "unmatched") return "No rule matched it, so nobody gets it.";
  if (isKnown) return "It was accepted; its deliveries are not known yet.";
  return "The event itself is not known here: it was sampled away, or is no longer kept. These are its deliveries.";
}

function partOf(delivery: DeliveryWay, nowMs: number): string {
  const name = nameOf(delivery);
  switch (delivery.state) {
    case "failing":
      return `${name} fails${sinceText(delivery, nowMs)}${causeText(delivery)}${nextText(delivery, nowMs)}.`;
    case "failed":
      return `${name} failed for good${causeText(delivery)}${whereText(delivery)}.`;
    case "redriven":
      return `${name}: its event was put on its bus again.`;
    default:
      return `${name} waits for its first attempt.`;
  }
}

function nameOf(delivery: DeliveryWay | undefined): string {
  return delivery?.destination ?? delivery?.origin?.target ?? "a target";
}

function sinceText({ attempts }: DeliveryWay, nowMs: number): string {
  const first = attempts.find(({ failure }) => failure !== undefined);
  return first === undefined ? "" : ` since ${momentText(first.startedAtMs, nowMs)}`;
}

function causeText({ attempts, letters, parked }: DeliveryWay): string {
  const last = attempts.findLast(({ failure }) => failure !== undefined);
  if (last?.statusCode !== undefined) return ` with ${last.statusCode}`;
  const reason = last?.failure?.reason ?? letters.at(-1)?.reason ?? parked.at(-1)?.reason;
  return reason === undefined ? "" : ` (${reasonText(reason)})`;
}

function whereText({ letters, parked, records }: DeliveryWay): string {
  const queue = letters.at(-1)?.queue ?? parked.at(-1)?.queue;
  if (queue !== undefined) return ` and is in ${queue}`;
  const record = records.findLast(({ condition }) => condition === "failure");
  return record === undefined ? "" : `; its failure record went to ${record.to}`;
}

function nextText({ attempts }: DeliveryWay, nowMs: number): string {
  const nextAtMs = attempts.at(-1)?.nextAtMs;
  if (nextAtMs === undefined) return "";
  return nextAtMs < nowMs ? "; the next try is due" : `; the next try is at ${momentText(nextAtMs, nowMs)}`;
}
