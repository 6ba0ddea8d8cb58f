import { jobAnswer, jobChangeParameters, jobsAnswer } from "../queues/jobs.ts";
import { operations } from "./operation.ts";

/** Redrives, purges, moves and replays that routers carry on. */
export const JOB_OPERATIONS = operations({
  listJobs: {
    method: "GET",
    path: "/jobs",
    summary: "The redrives, purges, moves and replays that go on, and those that ended lately, the newest first.",
    guard: { action: "busbar:ListJobs", on: "job/found" },
    servedBy: "router",
    answer: jobsAnswer,
  },
  getJob: {
    method: "GET",
    path: "/jobs/{job}",
    summary: "One redrive, purge, move or replay: how far it is, or what it came to.",
    guard: { action: "busbar:GetJob", on: "job/found" },
    servedBy: "router",
    answer: jobAnswer,
    refusals: [404],
  },
  changeJob: {
    method: "PATCH",
    path: "/jobs/{job}",
    summary: "Changes how many a second a redrive or replay sends, pauses a job or resumes it.",
    guard: { action: "busbar:ChangeJob", on: "job/found" },
    servedBy: "router",
    query: jobChangeParameters,
    answer: jobAnswer,
    refusals: [404, 409],
  },
  stopJob: {
    method: "DELETE",
    path: "/jobs/{job}",
    summary: "Stops a job: what it holds goes back to its queue, and what is done is done.",
    guard: { action: "busbar:StopJob", on: "job/found" },
    servedBy: "router",
    answer: jobAnswer,
    refusals: [404],
  },
});
