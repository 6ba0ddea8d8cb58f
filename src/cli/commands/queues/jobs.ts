import type { Command } from "commander";
import { JOB_OPERATIONS } from "../../../admin-api/operations/jobs.ts";
import type { QueryGiven } from "../../../admin-api/operations/operation.ts";
import type { JobAnswer } from "../../../admin-api/queues/jobs.ts";
import { NO_RATE } from "../../../admin-api/queues/jobs.ts";
import { UNREDRIVABLE_REASONS } from "../../../domain/failure/unredrivable.ts";
import { UNMOVABLE_REASONS } from "../../../domain/queue/moved-message.ts";
import { followJob } from "../../client/follow-job.ts";
import type { AdminOptions } from "../../options/admin-options.ts";
import { addAdminOptions, clientOf } from "../../options/admin-options.ts";
import { rateOption } from "../../options/dead-letter-options.ts";
import { inOneLine } from "../../output/escape.ts";
import { counted, formatTable } from "../../output/format.ts";
import { createProgress } from "../../output/progress.ts";
import type { Terminal } from "../../terminal.ts";

type JobChange = QueryGiven<typeof JOB_OPERATIONS.changeJob>;

/** `jobs`: lists, follows, changes and stops the redrives, purges, moves and replays of all routers, over the admin port of one. */
export function addJobs(program: Command, terminal: Terminal): void {
  const jobs = program
    .command("jobs")
    .description("redrives, purges, moves and replays: list, show, follow, set-rate, pause, resume, stop");
  const withId = (name: string, description: string): Command =>
    addAdminOptions(jobs.command(name).description(description).argument("<id>", "the job's id"));
  const change = async (job: string, query: JobChange, options: AdminOptions): Promise<void> =>
    print(await clientOf(options, terminal.env).ask(JOB_OPERATIONS.changeJob, { path: { job }, query }), options);
  const print = (job: JobAnswer, { json }: AdminOptions): void =>
    json === true ? terminal.printJson(job) : terminal.print(sentence(job));

  addAdminOptions(jobs.command("list"))
    .description("those that go on, and those that ended lately")
    .action(async (options: AdminOptions) => {
      const { jobs: listed } = await clientOf(options, terminal.env).ask(JOB_OPERATIONS.listJobs);
      if (options.json) return terminal.printJson(listed);
      if (listed.length === 0) return terminal.note("there is no job\n");
      terminal.print(
        formatTable(["ID", "KIND", "OF", "STATE", "DONE", "LEFT", "RATE", "STARTED", "BY"], listed.map(rowOf)),
      );
    });

  withId("show", "one with its progress, and what stays").action(async (id: string, options: AdminOptions) => {
    const job = await clientOf(options, terminal.env).ask(JOB_OPERATIONS.getJob, { path: { job: id } });
    if (options.json) return terminal.printJson(job);
    terminal.print(jobDetails(job));
  });

  withId("follow", "show the progress of one until its end").action(async (id: string, options: AdminOptions) => {
    const client = clientOf(options, terminal.env);
    const job = await client.ask(JOB_OPERATIONS.getJob, { path: { job: id } });
    const total = job.limit ?? job.removed + job.left;
    print(await followJob(job, client, createProgress(total, terminal.screen, Date.now)), options);
  });

  withId("set-rate", "change how many a second a redrive, move or replay sends")
    .argument("<rate>", "50/s, or none for as fast as they go", (text: string) =>
      text === NO_RATE ? NO_RATE : String(rateOption(text)),
    )
    .action((id: string, ratePerSecond: string, options: AdminOptions) => change(id, { ratePerSecond }, options));

  withId("pause", "hold one; what it held in its hands goes back to the queue").action(
    (id: string, options: AdminOptions) => change(id, { paused: "true" }, options),
  );

  withId("resume", "go on with one").action((id: string, options: AdminOptions) =>
    change(id, { paused: "false" }, options),
  );

  withId("stop", "end one; what is done is done").action(async (id: string, options: AdminOptions) =>
    print(await clientOf(options, terminal.env).ask(JOB_OPERATIONS.stopJob, { path: { job: id } }), options),
  );
}

function rowOf(job: JobAnswer): readonly (string | number)[] {
  const { id, kind, state, removed, left, startedAt, startedBy = "" } = job;
  return [id, kind, subjectOf(job), state, removed, left, rateText(job), startedAt, startedBy];
}

function rateText({ ratePerSecond }: JobAnswer): string {
  return ratePerSecond === undefined ? "-" : `${ratePerSecond}/s`;
}

/** What it is about: a queue, or the name of a replay. */
function subjectOf({ queue, replay }: JobAnswer): string {
  return queue ?? replay?.name ?? "";
}

function sentence(job: JobAnswer): string {
  const { kind, state, removed, problem } = job;
  const why = problem === undefined ? "" : `: ${inOneLine(problem)}`;
  const what = kind === "replay" ? `the replay ${subjectOf(job)}` : `the ${kind} of ${subjectOf(job)}`;
  return `${inOneLine(what)} is ${state}, ${removed} done${why}\n`;
}

/** A job with its progress, and what stays. */
export function jobDetails(job: JobAnswer): string {
  const { kind, to, queue, destination, replay, filter, state, problem } = job;
  const { startedAt, startedBy, endedAt, router, leftOut } = job;
  const selected = Object.entries(filter).map(([name, value]) => `${name} ${value}`);
  const lines: readonly (readonly [string, string | undefined])[] = [
    ["job", job.id],
    ["what", to === undefined ? kind : `${kind} to ${to}`],
    ["queue", queue],
    ["to", kind === "move" ? (destination ?? "the queue that each came from") : undefined],
    ...replayLines(replay),
    [
      "selected",
      replay !== undefined || kind === "move" ? undefined : selected.length === 0 ? "everything" : selected.join(", "),
    ],
    ["rate", kind === "purge" ? undefined : rateText(job)],
    ["state", state],
    ["problem", problem],
    ["done", doneText(job)],
    ["left out", leftOut && leftOutText(leftOut)],
    ["started", startedBy === undefined ? startedAt : `${startedAt} by ${startedBy}`],
    ["ended", endedAt],
    ["router", router],
  ];
  const texts: Readonly<Record<string, string>> = { ...UNREDRIVABLE_REASONS, ...UNMOVABLE_REASONS };
  const cannot = replay !== undefined ? "replayed" : kind === "move" ? "moved and stay" : "redriven and stay";
  const stay = Object.entries(job.unredrivable).map(
    ([reason, count]) => `${count} cannot be ${cannot}: ${texts[reason] ?? inOneLine(reason)}\n`,
  );
  const examples = job.examples.map(({ id, message }) => `  ${inOneLine(`${id}: ${message}`)}\n`);
  const shown = lines.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name.padEnd(9)} ${inOneLine(value)}\n`],
  );
  return [...shown, ...stay, ...examples].join("");
}

function doneText({ kind, removed, looked, left, replay }: JobAnswer): string {
  if (replay?.catchesUp === true) return `${counted(removed, "event")}; about ${left} are yet to be read`;
  if (kind === "replay") return `${counted(removed, "event")}; ${left} are yet to be sent`;
  if (kind === "move") return `${counted(removed, "message")}; ${left} are yet to be moved`;
  return `${removed}, of ${counted(looked, "message")} that were read; ${left} are yet to be read`;
}

function leftOutText({ delivered, unknown }: NonNullable<JobAnswer["leftOut"]>): string {
  return `${counted(delivered, "event")} that were delivered, and ${unknown} that may have been`;
}

/** Which events a replay is about. */
function replayLines(replay: JobAnswer["replay"]): readonly (readonly [string, string | undefined])[] {
  if (replay === undefined) return [];
  const { name, archive, bus, from, to, rules, target, description, undelivered, lastEventTime, readTo } = replay;
  return [
    ["replay", name],
    ["about", description],
    ["archive", archive],
    ["bus", bus],
    ["events", `of ${from} to ${to}`],
    ["rules", rules?.join(", ")],
    ["target", target],
    ["only", undelivered && (undelivered.unknownToo ? "what is not known to be delivered" : "what is not delivered")],
    ["read", readTo && `up to what was accepted at ${readTo}`],
    ["last", lastEventTime && `the event of ${lastEventTime} was sent last`],
  ];
}
