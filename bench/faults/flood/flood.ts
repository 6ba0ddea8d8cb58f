import { fork } from "node:child_process";
import { once } from "node:events";

/** Rates are entries a second. */
export interface FloodOrder {
  readonly url: string;
  readonly perSecond: number;
  /** Requests in flight at once, at most. */
  readonly clients: number;
  readonly seconds: number;
}

export interface FloodReport {
  /** The event ids that were given. */
  readonly accepted: readonly string[];
  /** Requests by what they were answered; `no answer` is one of them. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly offeredPerSecond: number;
  /** How long the puts took that were accepted, milliseconds. */
  readonly acceptedPutMs: { readonly p50: number; readonly p99: number };
  /** Refusals that did not say when to come back. */
  readonly withoutRetryAfter: number;
}

/** Puts events from a process of its own, so that its work delays nobody's clock. */
export async function flood(order: FloodOrder): Promise<FloodReport> {
  const child = fork(new URL("flooder.ts", import.meta.url).pathname, { serialization: "advanced" });
  child.send(order);
  const [report] = (await Promise.race([
    once(child, "message"),
    once(child, "exit").then(([code]) => Promise.reject(new Error(`the flood ended with ${String(code)}`))),
  ])) as [FloodReport];
  return report;
}

/** How many events a second were accepted over `seconds`. */
export function acceptedPerSecond(report: FloodReport, seconds: number): number {
  return report.accepted.length / seconds;
}
