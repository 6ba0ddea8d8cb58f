import { jobAnswer } from "../queues/jobs.ts";
import { archivedEventsAnswer, archivedEventsParameters } from "../replays/archived-events.ts";
import { replayCountAnswer, replaySelectionParameters, startReplayParameters } from "../replays/replays.ts";
import { operations } from "./operation.ts";

/** Replays of archives. Started, each is a job. */
export const REPLAY_OPERATIONS = operations({
  listArchivedEvents: {
    method: "GET",
    path: "/archives/{archive}/events",
    summary: "The events that an archive stored in a span of time, whole, with the rules that match them now.",
    guard: { action: "busbar:ReadPayloads", on: "event-bus/found" },
    servedBy: "router",
    query: archivedEventsParameters,
    answer: archivedEventsAnswer,
    refusals: [404],
  },
  startReplay: {
    method: "POST",
    path: "/archives/{archive}/replays",
    summary: "Starts a job that puts archived events on their bus again. A name that was used before is a conflict.",
    guard: { action: "events:StartReplay", on: "archive" },
    servedBy: "router",
    query: startReplayParameters,
    answer: jobAnswer,
    status: 202,
    refusals: [404, 409],
  },
  countReplay: {
    method: "POST",
    path: "/archives/{archive}/replays/count",
    summary: "How many events a replay would send, and which rules would match how many of them. Nothing is sent.",
    guard: { action: "busbar:CountReplay", on: "archive" },
    servedBy: "router",
    query: replaySelectionParameters,
    answer: replayCountAnswer,
    refusals: [404, 409],
  },
});
