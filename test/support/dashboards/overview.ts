import type { Dashboard } from "./panel.ts";
import { of, quantiles, rate } from "./panel.ts";
import { BUDGETS_LEFT } from "./slo.ts";

export const OVERVIEW: Dashboard = {
  uid: "busbar-overview",
  title: "Busbar / Overview",
  description: "Whether events come in, find rules and reach their targets.",
  hasDestination: false,
  from: "now-6h",
  sections: [
    {
      title: "Now",
      panels: [
        {
          title: "Routers",
          help: "Routers that are connected to the broker.",
          unit: "none",
          kind: "stat",
          queries: [[`sum(${of("busbar_broker_connected")})`, "connected"]],
          thresholds: { from: "red", steps: [[1, "green"]] },
        },
        {
          title: "Parked messages",
          help: "Messages in busbar.parked, which stay there until a person deals with them.",
          unit: "short",
          kind: "stat",
          queries: [[`max(${of("busbar_queue_messages_ready", 'queue="busbar.parked"')})`, "parked"]],
          thresholds: { steps: [[1, "red"]] },
        },
        {
          title: "Out of order",
          help: "Destinations whose circuit is open, so that they are called only now and then.",
          unit: "short",
          kind: "stat",
          queries: [[`sum(max by (destination) (${of("busbar_circuit_open")}))`, "open circuits"]],
          thresholds: { steps: [[1, "orange"]] },
        },
        ...BUDGETS_LEFT,
      ],
    },
    {
      title: "Events in",
      panels: [
        {
          title: "Accepted events",
          help: "Entries of put requests that were stored, by bus.",
          unit: "ops",
          queries: [[rate("bus", "busbar_put_events_entries_total", 'outcome="accepted"'), "{{bus}}"]],
          stacked: true,
        },
        {
          title: "Matched and unmatched",
          help: "How often events matched a rule, and events that matched none and that nobody gets.",
          unit: "ops",
          queries: [
            [`sum(rate(${of("busbar_events_matched_total")}[$__rate_interval]))`, "matched"],
            [`sum(rate(${of("busbar_events_unmatched_total")}[$__rate_interval]))`, "unmatched"],
          ],
        },
        {
          title: "Put requests not accepted",
          help: "Put requests by what became of them: refused and partial are the callers' mistakes, throttled and unavailable are not.",
          unit: "ops",
          queries: [[rate("outcome", "busbar_put_events_requests_total", 'outcome!="accepted"'), "{{outcome}}"]],
          stacked: true,
        },
        {
          title: "Put duration",
          help: "How long put requests take, the broker's confirmation included.",
          unit: "s",
          queries: quantiles([0.5, 0.99], "busbar_put_events_duration_seconds"),
          thresholds: { steps: [[1, "red"]] },
        },
        {
          title: "Refused requests",
          help: "Requests to the public port that were refused as a whole, by why.",
          unit: "ops",
          queries: [[rate("reason", "busbar_requests_refused_total"), "{{reason}}"]],
          stacked: true,
        },
        {
          title: "Refused callers",
          help: "Requests and entries that were refused for who sent them, by why.",
          unit: "ops",
          queries: [[rate("reason", "busbar_auth_failures_total"), "{{reason}}"]],
          stacked: true,
        },
      ],
    },
    {
      title: "Functions over HTTP",
      panels: [
        {
          title: "Requests",
          help: "Requests to HTTP routes and functions' URLs, by the first digit of their answers' status.",
          unit: "ops",
          queries: [[rate("status", "busbar_http_requests_total"), "{{status}}"]],
          stacked: true,
        },
        {
          title: "Requests that failed",
          help: "Answers with status 500 and above, and callers who hung up before their answer, by route.",
          unit: "ops",
          queries: [
            [rate("route, status", "busbar_http_requests_total", 'status=~"5xx|gone"'), "{{route}} {{status}}"],
          ],
        },
        {
          title: "Duration",
          help: "From a request's header to the end of its answer.",
          unit: "s",
          queries: quantiles([0.5, 0.9, 0.99], "busbar_http_request_duration_seconds"),
        },
      ],
    },
    {
      title: "Deliveries out",
      panels: [
        {
          title: "From event to first call",
          help: "Time from an event's acceptance to the first call for a delivery; 5 s is what the objective allows.",
          unit: "s",
          queries: quantiles([0.5, 0.99], "busbar_ingest_to_invocation_seconds"),
          thresholds: { steps: [[5, "red"]] },
          exemplars: true,
        },
        {
          title: "From event to success",
          help: "Time from an event's acceptance to the success of a delivery, retries included.",
          unit: "s",
          queries: quantiles([0.5, 0.99], "busbar_ingest_to_success_seconds"),
        },
        {
          title: "Stored deliveries",
          help: "Messages stored for the targets of rules that matched, by kind of target.",
          unit: "ops",
          queries: [[rate("target_kind", "busbar_deliveries_published_total"), "{{target_kind}}"]],
          stacked: true,
        },
        {
          title: "Attempts",
          help: "Attempts to deliver by outcome: success, or why they failed.",
          unit: "ops",
          queries: [[rate("outcome", "busbar_delivery_attempts_total"), "{{outcome}}"]],
          stacked: true,
          exemplars: true,
        },
        {
          title: "Dead letters",
          help: "Messages stored in dead-letter queues, by why they failed for good.",
          unit: "ops",
          queries: [[rate("reason", "busbar_dead_letters_total"), "{{reason}}"]],
          stacked: true,
        },
        {
          title: "Schedules",
          help: "Schedules that were fired, and due times that passed in an outage and are not made up for.",
          unit: "ops",
          queries: [
            [`sum(rate(${of("busbar_schedules_fired_total")}[$__rate_interval]))`, "fired"],
            [`sum(rate(${of("busbar_schedules_missed_total")}[$__rate_interval]))`, "missed"],
          ],
        },
        {
          title: "Lateness of schedules",
          help: "From the due time of a schedule until its delivery was stored.",
          unit: "s",
          queries: quantiles([0.5, 0.99], "busbar_schedule_lateness_seconds"),
          thresholds: { steps: [[10, "red"]] },
        },
        {
          title: "Archives",
          help: "Events that archives have stored, and those that were not accepted because an archive did not store them.",
          unit: "ops",
          queries: [
            [rate("archive", "busbar_events_archived_total"), "{{archive}}"],
            [rate("archive", "busbar_archive_failures_total"), "{{archive}} not stored"],
          ],
        },
        {
          title: "Archives that refuse",
          help: "Archives in which a router could not store the last event that it was to keep.",
          unit: "bool_yes_no",
          queries: [[`max by (archive) (${of("busbar_archive_refuses")})`, "{{archive}}"]],
        },
        {
          title: "Bytes archived",
          help: "Bytes of the events that archives have stored.",
          unit: "Bps",
          queries: [[rate("archive", "busbar_archived_bytes_total"), "{{archive}}"]],
        },
        {
          title: "Largest queues",
          help: "Messages ready in the ten largest queues; a pack counts as one.",
          unit: "short",
          queries: [[`topk(10, max by (queue) (${of("busbar_queue_messages_ready")}))`, "{{queue}}"]],
        },
        {
          title: "Oldest waits",
          help: "How long the oldest delivery has waited that is ready for a destination, of the ten that wait longest.",
          unit: "s",
          queries: [
            [`topk(10, min by (destination) (${of("busbar_destination_oldest_wait_seconds")}))`, "{{destination}}"],
          ],
          thresholds: { steps: [[3_600, "red"]] },
        },
        {
          title: "Paused and out of order",
          help: "Destinations that are paused, and those whose circuit is open.",
          unit: "bool_yes_no",
          queries: [
            [`max by (destination) (${of("busbar_destination_paused")}) == 1`, "{{destination}} paused"],
            [`max by (destination) (${of("busbar_circuit_open")}) == 1`, "{{destination}} out of order"],
          ],
        },
      ],
    },
  ],
};
