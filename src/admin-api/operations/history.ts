import type { z } from "zod";
import {
  attemptListed,
  coverage,
  deliveryAnswer,
  eventListed,
  eventWay,
  letterGroups,
  letterListed,
  pageAnswer,
  summary,
} from "../history/history.ts";
import { eventBodyListed, flows } from "../history/flows.ts";
import type { HappeningKind } from "../history/happenings.ts";
import { HAPPENINGS } from "../history/happenings.ts";
import {
  attemptListParameters,
  eventBodyListParameters,
  eventListParameters,
  flowParameters,
  happeningListParameters,
  letterListParameters,
  summaryParameters,
} from "../history/parameters.ts";
import type { Guard } from "./operation.ts";
import { operations } from "./operation.ts";

const READS_ALL = { action: "busbar:ReadEvents", on: "event-bus/all" } as const;

/** What the journal tells of the past. */
export const HISTORY_OPERATIONS = operations({
  listEvents: {
    method: "GET",
    path: "/events",
    summary: "Events, by `bus`, `source`, `type`, `rule`, `destination`, `outcome`, `id` or an indexed `field`.",
    guard: { action: "busbar:ReadEvents", on: "event-bus/all" },
    servedBy: "console",
    query: eventListParameters,
    answer: pageAnswer(eventListed),
  },
  listEventBodies: {
    method: "GET",
    path: "/event-bodies",
    summary: "The newest events of a bus whose JSON is kept, with it.",
    guard: { action: "busbar:ReadPayloads", on: "event-bus/all" },
    servedBy: "console",
    query: eventBodyListParameters,
    answer: pageAnswer(eventBodyListed),
  },
  getEvent: {
    method: "GET",
    path: "/events/{id}",
    summary: "An event's way.",
    guard: { action: "busbar:ReadEvents", on: "event-bus/found" },
    servedBy: "console",
    answer: eventWay,
    refusals: [404],
  },
  getDelivery: {
    method: "GET",
    path: "/deliveries/{id}",
    summary: "A delivery's way, with its event's.",
    guard: { action: "busbar:ReadEvents", on: "event-bus/found" },
    servedBy: "console",
    answer: deliveryAnswer,
    refusals: [404],
  },
  listAttempts: {
    method: "GET",
    path: "/attempts",
    summary: "Attempts, by `destination`; `failed=true` for those that failed.",
    guard: READS_ALL,
    servedBy: "console",
    query: attemptListParameters,
    answer: pageAnswer(attemptListed),
  },
  listLetters: {
    method: "GET",
    path: "/letters",
    summary: "Dead letters, by `queue`, `destination` or `reason`.",
    guard: READS_ALL,
    servedBy: "console",
    query: letterListParameters,
    answer: pageAnswer(letterListed),
  },
  groupLetters: {
    method: "GET",
    path: "/letter-groups",
    summary: "Dead letters, those alike counted together.",
    guard: READS_ALL,
    servedBy: "console",
    query: letterListParameters,
    answer: letterGroups,
  },
  summarize: {
    method: "GET",
    path: "/summary",
    summary: "Counts for each `stepMs` from `fromMs` to `toMs`.",
    guard: READS_ALL,
    servedBy: "console",
    query: summaryParameters,
    answer: summary,
  },
  getFlows: {
    method: "GET",
    path: "/flows",
    summary: "What each rule matched, and how attempts at its targets went, in the hour and the day before `atMs`.",
    guard: READS_ALL,
    servedBy: "console",
    query: flowParameters,
    answer: flows,
  },
  getCoverage: {
    method: "GET",
    path: "/coverage",
    summary: "Which time the console's index covers, and what is lost or sampled.",
    guard: READS_ALL,
    servedBy: "console",
    answer: coverage,
  },
  listCircuits: happenings(
    "circuit",
    HAPPENINGS.circuit,
    "Circuits that opened and closed, by `subject`: a destination.",
  ),
  listPauses: happenings(
    "pause",
    HAPPENINGS.pause,
    "Destinations that were paused and resumed, by `subject`: a destination.",
  ),
  listReloads: happenings(
    "reload",
    HAPPENINGS.reload,
    "Configurations that were taken over, or refused with their problems.",
  ),
  listAudit: happenings(
    "audit",
    HAPPENINGS.audit,
    "Who did or read what, or was refused, by `subject`: an action, and `principal`.",
    {
      action: "busbar:ReadAudit",
      on: "everything",
    },
  ),
  listOutput: happenings(
    "output",
    HAPPENINGS.output,
    "Lines that routers' own functions wrote, by `subject`: a function.",
    {
      action: "busbar:ReadPayloads",
      on: "event-bus/all",
    },
  ),
  listPurges: happenings("purge", HAPPENINGS.purge, "Purges of dead letters, by `subject`: a queue."),
  listRedrives: happenings("redrive", HAPPENINGS.redrive, "Redrives, by `subject`: a queue."),
  listBatches: happenings(
    "batch",
    HAPPENINGS.batch,
    "Calls of event source mappings, by `subject`: a mapping, and `record`: a message's id or a record's sequence number.",
  ),
  listJobRecords: happenings(
    "job",
    HAPPENINGS.job,
    "Starts, changes and ends of redrives, purges and moves, by `subject`: a queue.",
  ),
});

function happenings<const Kind extends HappeningKind, Row extends z.ZodType>(
  kind: Kind,
  row: Row,
  summaryText: string,
  guard: Guard = READS_ALL,
) {
  return {
    method: "GET",
    path: `/happenings/${kind}`,
    summary: summaryText,
    guard,
    servedBy: "console",
    query: happeningListParameters,
    answer: pageAnswer(row),
  } as const;
}
