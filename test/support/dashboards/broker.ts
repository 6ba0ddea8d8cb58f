import type { Dashboard } from "./panel.ts";
import { of, quantiles, rate } from "./panel.ts";

export const BROKER_AND_ROUTERS: Dashboard = {
  uid: "busbar-broker",
  title: "Busbar / Broker and routers",
  description: "Whether the broker takes and hands out messages, and what routers need for it.",
  hasDestination: false,
  from: "now-6h",
  sections: [
    {
      title: "Broker",
      panels: [
        {
          title: "Connected",
          help: "Whether each router is connected to the broker.",
          unit: "bool_yes_no",
          queries: [[of("busbar_broker_connected"), "{{instance}}"]],
          thresholds: { from: "red", steps: [[1, "green"]] },
        },
        {
          title: "Blocked",
          help: "Whether the broker takes no messages from a router, for want of memory or disk.",
          unit: "bool_yes_no",
          queries: [[of("busbar_broker_blocked"), "{{instance}}"]],
          thresholds: { steps: [[1, "red"]] },
        },
        {
          title: "Confirmation",
          help: "Time from publishing to the broker's confirmation.",
          unit: "s",
          queries: quantiles([0.5, 0.99], "busbar_broker_publish_confirm_seconds"),
          thresholds: { steps: [[1, "red"]] },
        },
        {
          title: "Reconnects and faults",
          help: "Connections made after the first, and times that something about the broker needed a person to mend it.",
          unit: "ops",
          queries: [
            [rate("instance", "busbar_broker_reconnects_total"), "{{instance}} reconnects"],
            [rate("instance", "busbar_broker_faults_total"), "{{instance}} faults"],
          ],
        },
        {
          title: "Lateness of delayed messages",
          help: "How much after its time a retry or other delayed message was handed out.",
          unit: "s",
          queries: quantiles([0.5, 0.99], "busbar_delay_lateness_seconds"),
          thresholds: { steps: [[10, "red"]] },
        },
        {
          title: "Delayed settlements and moves",
          help: "Verdicts that could not be stored at once, and messages that a queue did not take yet.",
          unit: "ops",
          queries: [
            [`sum(rate(${of("busbar_settlement_delays_total")}[$__rate_interval]))`, "settlements"],
            [rate("queue", "busbar_move_delays_total"), "to {{queue}}"],
          ],
        },
        {
          title: "Parked messages and suspects",
          help: "Messages put aside because no router could read or survive them, and deliveries tried one at a time since a router died.",
          unit: "ops",
          queries: [
            [rate("reason", "busbar_parked_messages_total"), "parked: {{reason}}"],
            [`sum(rate(${of("busbar_suspects_total")}[$__rate_interval]))`, "suspects"],
          ],
          thresholds: { steps: [[0.001, "red"]] },
        },
        {
          title: "Redriven and purged",
          help: "Dead letters and parked messages that people redrove, and that they deleted.",
          unit: "ops",
          queries: [
            [rate("to", "busbar_dead_letters_redriven_total"), "redriven to {{to}}"],
            [`sum(rate(${of("busbar_dead_letters_purged_total")}[$__rate_interval]))`, "purged"],
          ],
        },
        {
          title: "Jobs under way",
          help: "Redrives, purges and replays that have not ended, by their state.",
          unit: "short",
          queries: [
            [`sum by (kind, state) (${of("busbar_jobs")})`, "{{kind}} {{state}}"],
            [
              `sum by (kind, state) (increase(${of("busbar_jobs_ended_total")}[$__rate_interval]))`,
              "{{kind}} {{state}}",
            ],
          ],
        },
        {
          title: "Replayed events",
          help: "Archived events that replays put on their event buses again.",
          unit: "ops",
          queries: [[rate("bus", "busbar_events_replayed_total"), "{{bus}}"]],
        },
        {
          title: "Left to replay",
          help: "Archived events that the replays under way have yet to send.",
          unit: "short",
          queries: [[`sum(${of("busbar_replay_events_left")})`, "events left"]],
        },
        {
          title: "Left out of replays",
          help: "Archived events that replays of what is not delivered passed over: they were delivered, or the journal cannot say.",
          unit: "ops",
          queries: [[rate("why", "busbar_replay_events_left_out_total"), "{{why}}"]],
        },
        {
          title: "Left of rules' past",
          help: "About how many archived events are yet to be read for rules that get their past, before they get new events directly.",
          unit: "short",
          queries: [[`sum by (bus, rule) (${of("busbar_catch_up_events_left")})`, "{{bus}}/{{rule}}"]],
        },
        {
          title: "How far rules are behind",
          help: "How long ago the event was accepted that was read last for a rule that gets its past.",
          unit: "s",
          queries: [[`max by (bus, rule) (${of("busbar_catch_up_behind_seconds")})`, "{{bus}}/{{rule}}"]],
        },
        {
          title: "Packed",
          help: "Deliveries and archived events that were stored in packs, which there are once all routers know them.",
          unit: "ops",
          queries: [
            [rate("instance", "busbar_packed_deliveries_total"), "deliveries {{instance}}"],
            [rate("instance", "busbar_packed_archived_events_total"), "archived events {{instance}}"],
          ],
        },
        {
          title: "Packing",
          help: "Whether each router makes packs; none does while one of them does not know packs.",
          unit: "bool_yes_no",
          queries: [
            [of("busbar_packing"), "deliveries {{instance}}"],
            [of("busbar_archive_packing"), "archived events {{instance}}"],
          ],
        },
      ],
    },
    {
      title: "Routers",
      panels: [
        {
          title: "Processor",
          help: "Share of a processor that each router takes, which has one thread and can hardly use more than one.",
          unit: "percentunit",
          queries: [[rate("instance", "process_cpu_seconds_total"), "{{instance}}"]],
          thresholds: {
            steps: [
              [0.7, "yellow"],
              [0.9, "red"],
            ],
          },
        },
        {
          title: "Event loop lag",
          help: "How late the event loop comes to what is due, which is probed every 0.1 s: a lag of 0.1 s means none.",
          unit: "s",
          queries: [[`max by (instance) (${of("nodejs_eventloop_lag_p99_seconds")})`, "{{instance}} p99"]],
          thresholds: { steps: [[0.5, "red"]] },
        },
        {
          title: "Memory",
          help: "Resident memory of each router.",
          unit: "bytes",
          queries: [[`max by (instance) (${of("process_resident_memory_bytes")})`, "{{instance}}"]],
        },
        {
          title: "Garbage collection",
          help: "Share of time that each router spends collecting garbage.",
          unit: "percentunit",
          queries: [[rate("instance", "nodejs_gc_duration_seconds_sum"), "{{instance}}"]],
          thresholds: { steps: [[0.1, "yellow"]] },
        },
        {
          title: "Limits met",
          help: "Times that something was refused because of a limit of a router, which an operator may move.",
          unit: "ops",
          queries: [[rate("limit", "busbar_limits_exceeded_total"), "{{limit}}"]],
          stacked: true,
        },
        {
          title: "Configuration taken over",
          help: "Whether the last configuration and the last credentials that each router read were taken over.",
          unit: "bool_yes_no",
          queries: [
            [of("busbar_config_last_reload_successful"), "{{instance}} configuration"],
            [of("busbar_credentials_last_reload_successful"), "{{instance}} credentials"],
          ],
          thresholds: { from: "red", steps: [[1, "green"]] },
        },
        {
          title: "Configurations in force",
          help: "Routers by the digest of the configuration that they run: for longer than a roll-out there should be one.",
          unit: "short",
          queries: [[`count by (digest) (${of("busbar_config_info")})`, "{{digest}}"]],
          stacked: true,
        },
        {
          title: "Routers at the broker",
          help: "Routers as they know each other: those that say every 10 s how they are, and those that were silent for 30 s.",
          unit: "short",
          queries: [
            [`max by (state) (${of("busbar_routers")})`, "{{state}}"],
            [`sum(rate(${of("busbar_router_statuses_lost_total")}[$__rate_interval]))`, "lost a second"],
          ],
        },
      ],
    },
    {
      title: "Journal and metrics themselves",
      panels: [
        {
          title: "Store away",
          help: "Whether the store does not answer a router; without a store there is nothing to answer.",
          unit: "bool_yes_no",
          queries: [[of("busbar_store_unavailable"), "{{instance}}"]],
          thresholds: { steps: [[1, "red"]] },
        },
        {
          title: "Answers of the store",
          help: "Time from asking the store to its answer.",
          unit: "s",
          queries: quantiles([0.5, 0.99], "busbar_store_operation_seconds"),
          thresholds: { steps: [[1, "red"]] },
        },
        {
          title: "Connections of the store",
          help: "Connections to PostgreSQL in use and idle, and calls that wait for one: where they wait, BUSBAR_STORE_CONNECTIONS is too small or the server slow.",
          unit: "short",
          queries: [
            [`sum by (instance, state) (${of("busbar_store_connections")})`, "{{instance}} {{state}}"],
            [of("busbar_store_connections_waiting"), "{{instance}} waiting"],
          ],
        },
        {
          title: "Waiting for a connection of the store",
          help: "Time that calls wait for a connection to PostgreSQL, which is part of the time to the store's answer.",
          unit: "s",
          queries: quantiles([0.5, 0.99], "busbar_store_connection_wait_seconds"),
          thresholds: { steps: [[1, "red"]] },
        },
        {
          title: "Failures of the store",
          help: "Calls that the store did not answer, by reason, and times that it stopped answering.",
          unit: "ops",
          queries: [
            [rate("reason", "busbar_store_failures_total"), "{{reason}}"],
            [rate("instance", "busbar_store_outages_total"), "{{instance}} outages"],
          ],
        },
        {
          title: "Changes over the EventBridge API",
          help: "Operations that changed rules, targets or buses, by their outcome, and how often one was decided anew.",
          unit: "ops",
          queries: [
            [rate("outcome", "busbar_made_changes_total"), "{{outcome}}"],
            [`sum(rate(${of("busbar_made_conflicts_total")}[$__rate_interval]))`, "decided anew"],
          ],
        },
        {
          title: "Behind the store, and left out",
          help: "Commits of the store that a router has not in force yet, and rules and buses of the API that are not in force.",
          unit: "short",
          queries: [
            [`max(${of("busbar_made_revision")}) - min(${of("busbar_made_revision")})`, "commits behind"],
            [`max(${of("busbar_made_left_out")})`, "left out"],
          ],
          thresholds: { steps: [[1, "yellow"]] },
        },
        {
          title: "Connections of the API",
          help: "Connections that were made over the EventBridge API, by state: deliveries by one that is not authorized fail and are tried again.",
          unit: "short",
          queries: [[`max by (state) (${of("busbar_connections")})`, "{{state}}"]],
          stacked: true,
        },
        {
          title: "Journal records",
          help: "Records that were stored in the journal, by kind.",
          unit: "ops",
          queries: [[rate("kind", "busbar_journal_records_total"), "{{kind}}"]],
          stacked: true,
        },
        {
          title: "Journal records lost",
          help: "Records that are not in the journal: successes that were sampled away, what the broker refused, and what was too much.",
          unit: "ops",
          queries: [[rate("reason", "busbar_journal_records_lost_total"), "{{reason}}"]],
        },
        {
          title: "Journal bytes",
          help: "Bytes written to the journal, over all routers.",
          unit: "Bps",
          queries: [[`sum(rate(${of("busbar_journal_bytes_total")}[$__rate_interval]))`, "written"]],
        },
        {
          title: "Sampling of the journal",
          help: "One in so many events is recorded as long as it succeeds; 1 for all of them.",
          unit: "short",
          queries: [[of("busbar_journal_one_in"), "{{instance}}"]],
        },
        {
          title: "Lines of functions",
          help: "Lines that functions wrote and that were kept, and those that were not, by reason.",
          unit: "ops",
          queries: [
            [`sum(rate(${of("busbar_function_log_lines_total")}[$__rate_interval]))`, "kept"],
            [rate("reason", "busbar_function_log_lines_lost_total"), "lost: {{reason}}"],
          ],
        },
        {
          title: "Bytes of functions' lines",
          help: "Bytes written with the lines of functions, over all routers.",
          unit: "Bps",
          queries: [[`sum(rate(${of("busbar_function_log_bytes_total")}[$__rate_interval]))`, "written"]],
        },
        {
          title: "Spans of traces",
          help: "Spans that the trace backend took, and those that were dropped because it was away or slow.",
          unit: "ops",
          queries: [[rate("outcome", "busbar_trace_spans_total"), "{{outcome}}"]],
        },
        {
          title: "Live tails",
          help: "Taps that each router evaluates its events for: one for each live tail that somebody looks at.",
          unit: "short",
          queries: [[of("busbar_taps"), "{{instance}}"]],
        },
        {
          title: "Events that live tails left out",
          help: "Events that fitted a live tail and were not shown, because there were more than it may show or its reader was slow.",
          unit: "ops",
          queries: [[`sum(rate(${of("busbar_tap_events_lost_total")}[$__rate_interval]))`, "left out"]],
        },
        {
          title: "Facts not counted",
          help: "Times that a fact could not be counted or logged; what the fact is about is not touched by it.",
          unit: "ops",
          queries: [[rate("instance", "busbar_observer_faults_total"), "{{instance}}"]],
          thresholds: { steps: [[0.001, "red"]] },
        },
        {
          title: "Issuers' keys",
          help: "Times that the keys of an issuer of tokens were fetched, by the outcome.",
          unit: "ops",
          queries: [[rate("outcome", "busbar_issuer_key_fetches_total"), "{{outcome}}"]],
        },
      ],
    },
  ],
};
