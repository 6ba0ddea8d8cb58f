/** Where a delivery to one target has to end: in all of these places. */
export interface Ends {
  /** Whether these are the places of a success. */
  readonly delivered: boolean;
  /** `function/NAME`, `api-destination/NAME` or `queue/NAME`. */
  readonly places: readonly string[];
  /** Where a delivery may end in place of all those, having failed. */
  readonly orElse?: readonly string[];
  /** It may also end nowhere: a person has deleted it. */
  readonly optional?: boolean;
}

/** A configuration of the router, and what it makes of each event that is put. */
export interface Configuration {
  readonly yaml: string;
  /** By target. Target, function and API destination have the same name, so that any trace of a delivery tells its target. */
  readonly ends: ReadonlyMap<string, Ends>;
  /** Queues in which deliveries may end, besides `busbar.parked`. */
  readonly queues: readonly string[];
}

export const delivered = (...places: string[]): Ends => ({ delivered: true, places });
export const failed = (...places: string[]): Ends => ({ delivered: false, places });

/** What a scenario needs besides: functions that succeed, and rules as YAML, each on a line of its own. */
export interface More {
  readonly functions?: readonly string[];
  readonly rules?: string;
}

/**
 * Every kind of target and every way to end, for each event:
 * a function that succeeds and one that does at its second attempt, after a wait in the delay ladder; a function that
 * fails, with both an `onFailure` and a dead-letter queue; one with neither, whose target has a dead-letter queue; an
 * API destination that succeeds, and one that fails with no dead-letter queue anywhere; a queue; and another bus.
 *
 * A function whose first attempts all fail has no circuit breaker: one that tries whether it is back with another
 * first attempt would never find it so.
 */
export function richConfiguration(functionsUrl: string, more: More = {}): Configuration {
  const { functions = [], rules = "" } = more;
  const others = functions.map(
    (name) => `  ${name}: { http: { url: "${functionsUrl}/${name}" }, concurrency: 20, circuitBreaker: false }`,
  );
  const yaml = `
eventBuses: { default: {}, audit: {} }
functions:
  healthy: { http: { url: "${functionsUrl}/healthy" }, concurrency: 20 }
  flaky: { http: { url: "${functionsUrl}/flaky" }, concurrency: 20, circuitBreaker: false }
  failing:
    http: { url: "${functionsUrl}/failing" }
    concurrency: 20
    onFailure: { queue: failure-records }
    deadLetterConfig: { queue: function-dead-letters }
  hopeless: { http: { url: "${functionsUrl}/hopeless" }, concurrency: 20 }
  audited: { http: { url: "${functionsUrl}/audited" }, concurrency: 20 }
${others.join("\n")}
apiDestinations:
  crm: { url: "${functionsUrl}/crm", method: POST }
  closed: { url: "${functionsUrl}/closed", method: POST }
queues:
  copies: {}
  failure-records: {}
  function-dead-letters: {}
  target-dead-letters: {}
rules:
  called:
    eventPattern: { source: [faults] }
    targets:
      healthy: { function: healthy }
      flaky: { function: flaky }
      failing: { function: failing }
      hopeless: { function: hopeless, deadLetterConfig: { queue: target-dead-letters } }
  others:
    eventPattern: { source: [faults] }
    targets:
      crm: { apiDestination: crm }
      closed: { apiDestination: closed }
      copies: { queue: copies }
      mirror: { eventBus: audit }
  audit/everything:
    eventPattern: { source: [{ prefix: "" }] }
    targets: { audited: { function: audited } }
${rules}
`;
  const ends = new Map([
    ["healthy", delivered("function/healthy")],
    ["flaky", delivered("function/flaky")],
    ["failing", failed("queue/failure-records", "queue/function-dead-letters")],
    ["hopeless", failed("queue/target-dead-letters")],
    ["crm", delivered("api-destination/crm")],
    ["closed", failed("queue/busbar.dead-letter")],
    ["copies", delivered("queue/copies")],
    ["audited", delivered("function/audited")],
  ]);
  const queues = ["copies", "failure-records", "function-dead-letters", "target-dead-letters", "busbar.dead-letter"];
  return { yaml, ends, queues };
}

/** The same, with a journal of it. */
export function journaledConfiguration(functionsUrl: string): Configuration {
  const configuration = richConfiguration(functionsUrl);
  return { ...configuration, yaml: `${configuration.yaml}\njournal: {}\n` };
}
