import type { Command } from "commander";
import { JOB_OPERATIONS } from "../../admin-api/operations/jobs.ts";
import { REPLAY_OPERATIONS } from "../../admin-api/operations/replays.ts";
import type { JobAnswer } from "../../admin-api/queues/jobs.ts";
import type { ReplayCountAnswer } from "../../admin-api/replays/replays.ts";
import { ruleKey } from "../../domain/rule/rule.ts";
import type { ApiClient } from "../client/api-client.ts";
import { followJob, goesOnText } from "../client/follow-job.ts";
import { CommandError } from "../command-error.ts";
import type { AdminOptions } from "../options/admin-options.ts";
import { addAdminOptions, clientOf } from "../options/admin-options.ts";
import { rateOption } from "../options/dead-letter-options.ts";
import { timeOption } from "../options/time-options.ts";
import { inOneLine } from "../output/escape.ts";
import { counted, formatTable } from "../output/format.ts";
import { createProgress } from "../output/progress.ts";
import type { Terminal } from "../terminal.ts";
import { jobDetails } from "./queues/jobs.ts";

interface SelectionOptions extends AdminOptions {
  readonly from: string;
  readonly to?: string;
  readonly rule?: readonly string[];
  readonly target?: string;
  readonly onlyUndelivered?: boolean;
  readonly unknownToo?: boolean;
}

interface StartOptions extends SelectionOptions {
  readonly name: string;
  readonly description?: string;
  readonly rate?: number;
  readonly dryRun?: boolean;
  readonly detach?: boolean;
}

/** What a rule finds as `replay-name` in a dry run that gives no name. */
const COUNTED_NAME = "dry-run";

/** `replays`: puts archived events on their bus again, over the admin port of a router. */
export function addReplays(program: Command, terminal: Terminal): void {
  const replays = program.command("replays").description("replays of archives: start, count, list, show, cancel");

  addSelection(replays.command("start"))
    .description("put archived events on their bus again, minute by minute of their own time")
    .requiredOption("--name <name>", "the replay's name, which was never used before")
    .option("--description <text>", "what it is for")
    .option("--rate <n>/s", "how many events a second at most", rateOption)
    .option("--dry-run", "only say how many events there are, and which rules would match them")
    .option("--detach", "start it, print its id and do not wait for its end")
    .action(async (archive: string, options: StartOptions) => {
      const { name, description, rate: ratePerSecond } = options;
      const client = clientOf(options, terminal.env);
      if (options.dryRun) return printCount(await count(archive, options, name, client), options, terminal);
      const query = { ...selectionOf(options), name, description, ratePerSecond };
      const job = await client.ask(REPLAY_OPERATIONS.startReplay, { path: { archive }, query });
      await follow(job, client, options, terminal);
    });

  addSelection(replays.command("count"))
    .description("say how many events a replay would send, and which rules would match them")
    .action(async (archive: string, options: SelectionOptions) => {
      const client = clientOf(options, terminal.env);
      printCount(await count(archive, options, COUNTED_NAME, client), options, terminal);
    });

  addAdminOptions(replays.command("list"))
    .description("those that go on, and those of the last 90 days")
    .action(async (options: AdminOptions) => {
      const listed = await replaysOf(clientOf(options, terminal.env));
      if (options.json) return terminal.printJson(listed);
      if (listed.length === 0) return terminal.note("there is no replay\n");
      terminal.print(
        formatTable(["NAME", "ARCHIVE", "STATE", "SENT", "LEFT", "LAST EVENT", "STARTED"], listed.map(rowOf)),
      );
    });

  addAdminOptions(replays.command("show").argument("<name>", "the replay's name"))
    .description("one with its progress")
    .action(async (name: string, options: AdminOptions) => {
      const replay = await replayNamed(name, clientOf(options, terminal.env));
      if (options.json) return terminal.printJson(replay);
      terminal.print(jobDetails(replay));
    });

  addAdminOptions(replays.command("cancel").argument("<name>", "the replay's name"))
    .description("end one; what was sent is sent")
    .action(async (name: string, options: AdminOptions) => {
      const client = clientOf(options, terminal.env);
      const { id } = await replayNamed(name, client);
      const stopped = await client.ask(JOB_OPERATIONS.stopJob, { path: { job: id } });
      if (options.json) return terminal.printJson(stopped);
      terminal.print(`the replay ${inOneLine(name)} is ${stopped.state}, ${counted(stopped.removed, "event")} sent\n`);
    });
}

function addSelection(command: Command): Command {
  return addAdminOptions(command)
    .argument("<archive>", "the archive's name")
    .requiredOption("--from <time>", "events of this time and later: 2026-01-31T12:00:00Z, or 12h ago", timeOption)
    .option("--to <time>", "events of this time and earlier; now, unless it says another", timeOption)
    .option("--rule <name...>", "only these rules of the archive's bus get the events")
    .option("--target <id>", "only this target of the one rule gets them")
    .option("--only-undelivered", "each target gets only what the journal has no success of there")
    .option("--unknown-too", "with --only-undelivered: and that of which the journal cannot say");
}

function selectionOf({ from, to = new Date().toISOString(), rule, target, ...only }: SelectionOptions) {
  const onlyUndelivered = only.onlyUndelivered === true ? ("true" as const) : undefined;
  const unknownToo = only.unknownToo === true ? ("true" as const) : undefined;
  return { from, to, rules: rule?.join(","), target, onlyUndelivered, unknownToo };
}

function count(
  archive: string,
  options: SelectionOptions,
  name: string,
  client: ApiClient,
): Promise<ReplayCountAnswer> {
  const query = { ...selectionOf(options), name };
  return client.ask(REPLAY_OPERATIONS.countReplay, { path: { archive }, query });
}

function printCount(answer: ReplayCountAnswer, { json }: AdminOptions, terminal: Terminal): void {
  if (json) return terminal.printJson(answer);
  const { events, looked, end, rules, unmatched, unroutable, leftOut } = answer;
  if (rules.length > 0) {
    const rows = rules.map(({ bus, rule, events: matched }) => [ruleKey(bus, rule), matched]);
    terminal.print(`${formatTable(["RULE", "EVENTS"], rows)}\n`);
  }
  terminal.print(`${counted(events, "event")} would be sent, ${unmatched} of them match no rule\n`);
  for (const [reason, left] of Object.entries(unroutable)) {
    terminal.print(`${counted(left, "event")} cannot be put on the bus: ${inOneLine(reason)}\n`);
  }
  terminal.print(leftOutText(leftOut));
  if (end === "time") terminal.print(`There are more: these are of the first ${looked} events of the archive.\n`);
}

async function follow(
  job: JobAnswer,
  client: ApiClient,
  { json, detach }: StartOptions,
  terminal: Terminal,
): Promise<void> {
  if (detach === true) {
    if (json === true) terminal.printJson(job);
    else terminal.print(`${job.id}\n`);
    terminal.note(`${goesOnText(job.id)}\n`);
    return;
  }
  const ended = await followJob(job, client, createProgress(undefined, terminal.screen, Date.now));
  if (json === true) terminal.printJson(ended);
  else {
    terminal.print(`${inOneLine(job.replay?.name ?? "")}: ${counted(ended.removed, "event")} sent\n`);
    terminal.print(leftOutText(ended.leftOut));
  }
}

/** What a replay of the undelivered does not send. */
function leftOutText(leftOut: JobAnswer["leftOut"]): string {
  if (leftOut === undefined) return "";
  const { delivered, unknown } = leftOut;
  const unsure = `${counted(unknown, "event")} left out: the journal cannot say whether they were delivered\n`;
  return `${counted(delivered, "event")} left out: delivered\n${unknown === 0 ? "" : unsure}`;
}

async function replaysOf(client: ApiClient): Promise<readonly JobAnswer[]> {
  const { jobs } = await client.ask(JOB_OPERATIONS.listJobs);
  return jobs.filter(({ kind }) => kind === "replay");
}

async function replayNamed(name: string, client: ApiClient): Promise<JobAnswer> {
  const found = (await replaysOf(client)).find(({ replay }) => replay?.name === name);
  if (found !== undefined) return found;
  throw new CommandError(`there is no replay "${inOneLine(name)}"`);
}

function rowOf({ replay, state, removed, left, startedAt }: JobAnswer): readonly (string | number)[] {
  const { name = "", archive = "", lastEventTime = "-" } = replay ?? {};
  return [name, archive, state, removed, left, lastEventTime, startedAt];
}
