import { archiveListAnswer, archiveListParameters } from "../configuration/archives.ts";
import { connectionListAnswer, connectionListParameters } from "../configuration/connections.ts";
import { destinationListAnswer } from "../destinations/destinations.ts";
import {
  mappingListAnswer,
  mappingListParameters,
  switchMappingAnswer,
  switchMappingBody,
} from "../configuration/mappings.ts";
import { notInForceAnswer, notInForceParameters } from "../configuration/not-in-force.ts";
import { pauseAnswer, pausedAnswer, pauseParameters, resumedAnswer } from "../destinations/paused.ts";
import { ruleListAnswer, ruleListParameters } from "../configuration/rules.ts";
import {
  scheduleExportAnswer,
  scheduleExportParameters,
  scheduleListAnswer,
  scheduleListParameters,
} from "../configuration/schedules.ts";
import { operations } from "./operation.ts";

/** The configuration in force, and which of its destinations are paused. */
export const CONFIGURATION_OPERATIONS = operations({
  listRules: {
    method: "GET",
    path: "/rules",
    summary: "The rules in force by bus and name, with their patterns and targets.",
    guard: { action: "busbar:ListRules", on: "everything" },
    servedBy: "router",
    query: ruleListParameters,
    answer: ruleListAnswer,
  },
  listNotInForce: {
    method: "GET",
    path: "/not-in-force",
    summary: "What was made over the API and is not in force at this router, and why.",
    guard: { action: "busbar:ListNotInForce", on: "everything" },
    servedBy: "router",
    query: notInForceParameters,
    answer: notInForceAnswer,
  },
  listSchedules: {
    method: "GET",
    path: "/schedules",
    summary: "The schedules in force by name, with the times at which each is due next.",
    guard: { action: "busbar:ListSchedules", on: "everything" },
    servedBy: "router",
    query: scheduleListParameters,
    answer: scheduleListAnswer,
  },
  exportSchedules: {
    method: "GET",
    path: "/schedules/export",
    summary: "The schedules that were made over the API, as configuration files would have them.",
    guard: { action: "busbar:GetConfiguration", on: "everything" },
    servedBy: "router",
    query: scheduleExportParameters,
    answer: scheduleExportAnswer,
  },
  listArchives: {
    method: "GET",
    path: "/archives",
    summary: "The archives in force by name, and about how much each keeps.",
    guard: { action: "busbar:ListArchives", on: "everything" },
    servedBy: "router",
    query: archiveListParameters,
    answer: archiveListAnswer,
  },
  listMappings: {
    method: "GET",
    path: "/mappings",
    summary: "The event source mappings in force by name, and how they are at this router.",
    guard: { action: "busbar:ListMappings", on: "everything" },
    servedBy: "router",
    query: mappingListParameters,
    answer: mappingListAnswer,
  },
  switchMapping: {
    method: "PUT",
    path: "/lambda/event-source-mappings/{uuid}",
    summary: "Lets an event source mapping that was made over the API read its source, or keeps it from that.",
    guard: { action: "lambda:UpdateEventSourceMapping", on: "event-source-mapping/found" },
    servedBy: "lambda",
    body: { schema: switchMappingBody, about: "A request of UpdateEventSourceMapping.", isRequired: true },
    answer: switchMappingAnswer,
    refusals: [404, 409, 413],
  },
  listDestinations: {
    method: "GET",
    path: "/destinations",
    summary: "The functions and API destinations, how they are called, and whether they are paused.",
    guard: { action: "busbar:ListDestinations", on: "everything" },
    servedBy: "router",
    answer: destinationListAnswer,
  },
  listConnections: {
    method: "GET",
    path: "/connections",
    summary:
      "The connections that were made over the API by name, their states and who uses them, without their parameters.",
    guard: { action: "busbar:ListConnections", on: "everything" },
    servedBy: "router",
    query: connectionListParameters,
    answer: connectionListAnswer,
  },
  listPaused: {
    method: "GET",
    path: "/paused",
    summary: "The destinations that are paused.",
    guard: { action: "busbar:ListPaused", on: "everything" },
    servedBy: "router",
    answer: pausedAnswer,
  },
  pauseDestination: {
    method: "PUT",
    path: "/paused/{kind}/{name}",
    summary: "Pauses a destination on all routers.",
    guard: { action: "busbar:PauseDestination", on: "destination" },
    servedBy: "router",
    query: pauseParameters,
    answer: pauseAnswer,
    refusals: [404],
  },
  resumeDestination: {
    method: "DELETE",
    path: "/paused/{kind}/{name}",
    summary: "Resumes a destination on all routers; one that the configuration pauses is a conflict.",
    guard: { action: "busbar:ResumeDestination", on: "destination" },
    servedBy: "router",
    answer: resumedAnswer,
    refusals: [404, 409],
  },
});
