import { z } from "zod";

/** How often a router says how it is. */
export const STATUS_MS = 10_000;
/** How many destinations one status has at most; 64 characters of a name, and a few counts, for each. */
export const STATUS_DESTINATIONS_MAX = 200;
export const STATUS_CAUSE_BYTES_MAX = 200;

const text = z.string().max(256);
const count = z.int().min(0);
const time = z.number().min(0).max(8.64e15);

/** What went on since the status before. */
const statusCounts = z.object({
  /** Events that were put. */
  accepted: count,
  /** Those that a rule matched, and those that none did. */
  matched: count,
  unmatched: count,
  /** Attempts that ended well, and those that failed. */
  delivered: count,
  failing: count,
});
export type StatusCounts = z.infer<typeof statusCounts>;

/** A destination of which there is something to say: one that is called, and not as it should be. */
const destinationStatus = z.object({
  /** `function/NAME` or `api-destination/NAME`. */
  destination: text,
  /** This router's circuit breaker: each router learns for itself. */
  circuit: z.enum(["closed", "open", "half-open"]),
  /** Of a circuit that is not closed: since when, and the failure that opened it. */
  circuitSinceMs: time.exactOptional(),
  cause: text.exactOptional(),
  paused: z.boolean(),
  callsInFlight: count,
  delivered: count,
  failing: count,
});
export type DestinationStatus = z.infer<typeof destinationStatus>;

/** What a router says of itself every 10 s, as routers send it to each other and as the API shows it. Times are epoch milliseconds. */
export const routerStatus = z.object({
  /** Its host's name, and the number of its process. */
  id: text.min(1),
  version: text,
  startedAtMs: time,
  configuration: z.object({ digest: text, sinceMs: time, rules: count }),
  broker: z.enum(["connected", "blocked", "disconnected"]),
  ready: z.boolean(),
  puts: z.object({
    /** How many entries may wait for the broker at once: it follows how long they wait. */
    admitted: count,
    waiting: count,
  }),
  bytesInFlight: z.object({ used: count, max: count }),
  /** The longest waits of the event loop, 99 of 100 being shorter. */
  eventLoopLagMs: z.number().min(0),
  /** Of one core. */
  cpu: z.number().min(0),
  rssBytes: count,
  /** Live tails that it shows its events to. */
  taps: count,
  /** Records that its journal has lost since the router started. */
  journalLost: count,
  /** How long the counts were counted. */
  countedMs: count,
  counts: statusCounts,
  /** How many it has. */
  destinationCount: count,
  /** Those of which there is something to say. */
  destinations: z.array(destinationStatus).max(STATUS_DESTINATIONS_MAX).readonly(),
  /** How many more of them there are. */
  destinationsLeftOut: count,
});
export type RouterStatus = z.infer<typeof routerStatus>;
