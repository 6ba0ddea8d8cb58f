import type { Dashboard } from "./panel.ts";
import { of, quantiles, rate } from "./panel.ts";

const DESTINATION = 'destination=~"$destination"';
/** The functions and API destinations among the chosen destinations are variables of their own, which nobody sees. */
const FUNCTION = 'function=~"$function"';
const QUEUE =
  'queue=~"busbar[.](function|container|ordered|batch)[.]$function|busbar[.]api-destination[.]$api_destination"';

/** Of all attempts at a destination in the time of the panel, never divided by 0. */
const ATTEMPTS = `(${rate("destination", "busbar_delivery_attempts_total", DESTINATION)} > 0)`;
const READY = `max by (queue) (${of("busbar_queue_messages_ready", QUEUE)})`;

export const DESTINATION_RED: Dashboard = {
  uid: "busbar-destination",
  title: "Busbar / Destination",
  description: "Rate, errors and duration of functions and API destinations.",
  hasDestination: true,
  from: "now-6h",
  sections: [
    {
      title: "Rate",
      panels: [
        {
          title: "Attempts",
          help: "Attempts to deliver by outcome: success, or why they failed.",
          unit: "ops",
          queries: [[rate("outcome", "busbar_delivery_attempts_total", DESTINATION), "{{outcome}}"]],
          stacked: true,
          exemplars: true,
        },
        {
          title: "Calls in flight",
          help: "Calls of functions that routers wait for, which compares with the function's concurrency on each router, and how many events a batch has.",
          unit: "short",
          queries: [
            [`sum by (function) (${of("busbar_function_invocations_in_flight", FUNCTION)})`, "{{function}}"],
            [
              `${rate("function", "busbar_function_batch_events_sum", FUNCTION)} / (${rate("function", "busbar_function_batch_events_count", FUNCTION)} > 0)`,
              "{{function}} events a batch",
            ],
          ],
        },
        {
          title: "Calls by version",
          help: "Calls of functions that have versions, and those of them that failed, by version: what a shift of traffic does.",
          unit: "ops",
          queries: [
            [rate("function, version", "busbar_function_version_calls_total", FUNCTION), "{{function}}:{{version}}"],
            [
              rate("function, version", "busbar_function_version_calls_total", FUNCTION, 'outcome!="success"'),
              "{{function}}:{{version}} failed",
            ],
          ],
        },
        {
          title: "Reserved concurrency",
          help: "Of functions with reserved concurrency, the calls at once that routers may make now, and those that they make.",
          unit: "short",
          queries: [
            [`sum by (function) (${of("busbar_function_permits_lent", FUNCTION)})`, "{{function}} lent"],
            [`sum by (function) (${of("busbar_function_permits_used", FUNCTION)})`, "{{function}} used"],
          ],
        },
        {
          title: "Paused and out of order",
          help: "Whether the destination is paused, and whether its circuit is open.",
          unit: "bool_yes_no",
          queries: [
            [`max by (destination) (${of("busbar_destination_paused", DESTINATION)})`, "{{destination}} paused"],
            [`max by (destination) (${of("busbar_circuit_open", DESTINATION)})`, "{{destination}} out of order"],
          ],
          thresholds: { steps: [[1, "orange"]] },
        },
      ],
    },
    {
      title: "Errors",
      panels: [
        {
          title: "Attempts that failed",
          help: "Share of attempts that failed, whatever was done about them.",
          unit: "percentunit",
          queries: [
            [
              `${rate("destination", "busbar_delivery_attempts_total", DESTINATION, 'outcome!="success"')} / ${ATTEMPTS}`,
              "{{destination}}",
            ],
          ],
          thresholds: { steps: [[0.25, "red"]] },
        },
        {
          title: "Failed for good",
          help: "Share of the deliveries that ended which failed for good; 1 % is what the objective allows.",
          unit: "percentunit",
          queries: [[of("busbar:delivery_failures:ratio_rate5m", DESTINATION), "{{destination}}"]],
          thresholds: { steps: [[0.01, "red"]] },
        },
        {
          title: "Retries",
          help: "Attempts after which another one was arranged, by why they failed.",
          unit: "ops",
          queries: [[rate("reason", "busbar_delivery_retries_total", DESTINATION), "{{reason}}"]],
          stacked: true,
        },
        {
          title: "Circuit openings",
          help: "How often a minute the circuit opened, also once more after a call that tried the destination.",
          unit: "short",
          queries: [[`60 * ${rate("destination", "busbar_circuit_openings_total", DESTINATION)}`, "{{destination}}"]],
        },
        {
          title: "Access tokens that were refused",
          help: "Requests for access tokens of API destinations with OAuth that failed: deliveries that need one are tried again.",
          unit: "ops",
          queries: [
            [
              rate("destination", "busbar_access_token_requests_total", DESTINATION, 'outcome="failure"'),
              "{{destination}}",
            ],
          ],
          thresholds: { steps: [[0.001, "red"]] },
        },
        {
          title: "Late answers",
          help: "Answers of functions that came after their attempt was settled as timed out.",
          unit: "ops",
          queries: [[rate("function", "busbar_late_answers_total", FUNCTION), "{{function}}"]],
        },
        {
          title: "Failed starts",
          help: "Local processes of functions that could not start.",
          unit: "ops",
          queries: [[rate("function", "busbar_function_init_failures_total", FUNCTION), "{{function}}"]],
        },
        {
          title: "Invokes and tests",
          help: "Calls that callers asked for with Invoke, refused ones too, and tests by people, which no other panel counts.",
          unit: "ops",
          queries: [
            [
              rate("function, type, outcome", "busbar_function_invokes_total", FUNCTION),
              "{{function}} {{type}} {{outcome}}",
            ],
            [rate("function, outcome", "busbar_function_tests_total", FUNCTION), "{{function}} test {{outcome}}"],
          ],
        },
        {
          title: "Suspects and delayed settlements",
          help: "Deliveries set aside since a router died holding them, and verdicts that could not be stored at once.",
          unit: "ops",
          queries: [
            [rate("destination", "busbar_suspects_total", DESTINATION), "{{destination}} suspects"],
            [rate("destination", "busbar_settlement_delays_total", DESTINATION), "{{destination}} settlements"],
          ],
        },
      ],
    },
    {
      title: "Duration",
      panels: [
        {
          title: "Calls of functions",
          help: "How long calls take, failed ones included.",
          unit: "s",
          queries: quantiles([0.5, 0.9, 0.99], "busbar_function_invocation_duration_seconds", FUNCTION),
          exemplars: true,
        },
        {
          title: "Starts of local processes",
          help: "How long processes and their extensions take until they ask for their first invocation.",
          unit: "s",
          queries: quantiles([0.5, 0.9, 0.99], "busbar_function_init_duration_seconds", FUNCTION),
        },
        {
          title: "Calls of functions, spread",
          help: "How many calls took how long.",
          unit: "s",
          kind: "heatmap",
          queries: [
            [
              `sum by (le) (increase(${of("busbar_function_invocation_duration_seconds_bucket", FUNCTION)}[$__rate_interval]))`,
              "{{le}}",
            ],
          ],
        },
        {
          title: "From event to call",
          help: "Time from an event's acceptance to a call on every attempt, so that it includes the waits between retries.",
          unit: "s",
          queries: quantiles([0.5, 0.99], "busbar_delivery_wait_seconds", DESTINATION),
        },
      ],
    },
    {
      title: "Backlog",
      panels: [
        {
          title: "Messages that wait",
          help: "Messages ready in the destination's queue; a pack counts as one.",
          unit: "short",
          queries: [[READY, "{{queue}}"]],
        },
        {
          title: "Time to empty",
          help: "When the backlog will be worked off at the pace of the last 10 minutes; no line where it grows.",
          unit: "s",
          queries: [[`${READY} / -deriv(${READY}[10m:1m]) > 0`, "{{queue}}"]],
        },
        {
          title: "Oldest wait",
          help: "How long the oldest delivery has waited that is ready, as far as routers can know, and the oldest blocked key.",
          unit: "s",
          queries: [
            [`min by (destination) (${of("busbar_destination_oldest_wait_seconds", DESTINATION)})`, "{{destination}}"],
            [
              `max by (destination) (${of("busbar_destination_oldest_blocked_key_seconds", DESTINATION)}) > 0`,
              "{{destination}} key",
            ],
          ],
          thresholds: { steps: [[3_600, "red"]] },
        },
        {
          title: "Keys that wait",
          help: "Keys of functions that keep their order: those in a router's hands that wait for a free call or a retry, and those that an event blocks which does not succeed.",
          unit: "short",
          queries: [
            [
              `sum by (destination, state) (${of("busbar_destination_keys_waiting", DESTINATION)})`,
              "{{destination}} {{state}}",
            ],
            [`max by (destination) (${of("busbar_destination_keys_blocked", DESTINATION)})`, "{{destination}} blocked"],
          ],
        },
        {
          title: "Records",
          help: "Records sent to onSuccess and onFailure of functions, by condition and kind of target.",
          unit: "ops",
          queries: [
            [rate("condition, kind", "busbar_destination_records_total", FUNCTION), "{{condition}} to {{kind}}"],
          ],
        },
      ],
    },
  ],
};
