import { promisify } from "node:util";
import { inflateRaw } from "node:zlib";
import type { Command } from "commander";
import type { ConfigChange } from "../../../admin-api/configuration/config-changes.ts";
import { configChanges } from "../../../admin-api/configuration/config-changes.ts";
import type { ConfigurationAnswer, ConfigurationDocument } from "../../../admin-api/configuration/configurations.ts";
import { REPLAY_OPERATIONS } from "../../../admin-api/operations/replays.ts";
import type { Config } from "../../../domain/config.ts";
import { scheduleKey, scheduleName } from "../../../domain/schedule/kept/kept-schedule.ts";
import { nextDue } from "../../../domain/schedule/next-due.ts";
import { CommandError } from "../../command-error.ts";
import type { ApiClient } from "../../client/api-client.ts";
import { configurationInForce } from "../../client/configuration-in-force.ts";
import type { MadeSchedule } from "../../client/made-schedules.ts";
import { madeSchedules } from "../../client/made-schedules.ts";
import type { AdminOptions } from "../../options/admin-options.ts";
import { addAdminOptions, clientOf } from "../../options/admin-options.ts";
import { CONFIG_FOLDER_HELP, validConfiguration } from "../../options/configuration.ts";
import { environmentSettings } from "../../options/options.ts";
import { timeOption } from "../../options/time-options.ts";
import { inOneLine } from "../../output/escape.ts";
import type { Terminal } from "../../terminal.ts";
import type { ArchiveComparison } from "./plan-matches.ts";
import { compareMatches, comparisonText } from "./plan-matches.ts";

const inflate = promisify(inflateRaw);

/** As `terraform plan -detailed-exitcode` has it. */
const EXIT_CODE_CHANGES = 2;
const HOUR_MS = 3_600_000;
const SIGNS: Readonly<Record<ConfigChange["kind"], string>> = { added: "+", changed: "~", removed: "-" };

/** What a folder would change. */
interface Plan {
  readonly changes: readonly ConfigChange[];
  /** Names that the folder would take from what was made over the API, and how much of that would stay in force. */
  readonly taken: readonly string[];
  readonly kept: number;
  /** What rules would match of an archive, where that is asked for. */
  readonly archive?: ArchiveComparison;
}

interface PlanOptions extends AdminOptions {
  readonly archive?: string;
  readonly since?: string;
}

/** `plan`: what a configuration folder would change of what a router has in force. */
export function addPlan(program: Command, terminal: Terminal): void {
  addAdminOptions(
    program
      .command("plan")
      .description(
        "compare a configuration folder with what runs: exit code 0 without a change, 2 with changes, 1 when it is wrong",
      )
      .argument("[folder]", CONFIG_FOLDER_HELP)
      .option("--archive <name>", "say which rules would match more or less of what this archive stored of late")
      .option("--since <time>", "of that, what was accepted then and later", timeOption),
  ).action(async (argument: string | undefined, options: PlanOptions) => {
    const folder = argument ?? environmentSettings(terminal.env).config;
    const client = clientOf(options, terminal.env);
    const config = await validConfiguration(folder, terminal.env);
    const [inForce, schedules] = [await configurationInForce(client), await madeSchedules(client)];
    const changes = withDueTimes(planOf(inForce, schedules, await documentOf(config)), config);
    const plan = { ...changes, ...(await comparisonOf(options, { inForce, config }, client)) };
    if (plan.changes.length > 0) terminal.exitCode = EXIT_CODE_CHANGES;
    if (options.json) terminal.printJson(plan);
    else terminal.print(textOf(plan));
  });
}

/** What an archive's last events would match; nothing where no archive is named. */
async function comparisonOf(
  { archive, since }: PlanOptions,
  { inForce, config }: { readonly inForce: ConfigurationAnswer; readonly config: Config },
  client: ApiClient,
): Promise<Pick<Plan, "archive">> {
  if (archive === undefined) return {};
  const to = new Date();
  const from = since ?? new Date(to.getTime() - HOUR_MS).toISOString();
  const query = { from, to: to.toISOString() };
  const events = await client.ask(REPLAY_OPERATIONS.listArchivedEvents, { path: { archive }, query });
  const ofApi = new Set(inForce.made?.["rules"]);
  const stays = (rule: string): boolean => ofApi.has(rule) && !config.rules.has(rule);
  return { archive: await compareMatches(archive, events, config, stays) };
}

async function documentOf({ document }: Config): Promise<ConfigurationDocument> {
  return JSON.parse((await inflate(await document.deflated())).toString()) as ConfigurationDocument;
}

/** What was made over the API is no part of a folder: it stays, unless the folder has something of its name. */
function planOf(
  { document: running, made }: ConfigurationAnswer,
  schedules: readonly MadeSchedule[],
  wanted: ConfigurationDocument,
): Plan {
  if (running === undefined) throw new CommandError("the configuration that runs is too long for the admin API");
  const ofApi: Readonly<Record<string, readonly string[]>> = {
    ...made,
    schedules: schedules.map(({ group, name }) => scheduleName(scheduleKey(group, name))),
  };
  const isTaken = (section: string, name: string): boolean => wanted[section]?.[name] !== undefined;
  const left = Object.entries(running).map(([section, entries]) => {
    const stays = new Set(ofApi[section]?.filter((name) => !isTaken(section, name)));
    return [section, Object.fromEntries(Object.entries(entries).filter(([name]) => !stays.has(name)))];
  });
  const names = Object.entries(ofApi).flatMap(([section, all]) => all.map((name) => ({ section, name })));
  const taken = names.filter(({ section, name }) => isTaken(section, name)).map(({ name }) => name);
  return {
    changes: configChanges(Object.fromEntries(left) as ConfigurationDocument, wanted),
    taken,
    kept: names.length - taken.length,
  };
}

/** A schedule that is added or changed is shown with when it is due next. */
function withDueTimes(plan: Plan, { schedules }: Config): Plan {
  const nowMs = Date.now();
  const changes = plan.changes.map((change) => {
    const name = change.kind === "removed" ? undefined : /^schedule (.+)$/.exec(change.what)?.[1];
    const schedule = name === undefined ? undefined : schedules.get(name);
    if (schedule === undefined) return change;
    const dueMs = schedule.state === "ENABLED" ? nextDue(schedule.timing, nowMs) : undefined;
    const due = dueMs === undefined ? "never due" : `due next: ${new Date(dueMs).toISOString().replace(".000", "")}`;
    return { ...change, parts: [...change.parts, due] };
  });
  return { ...plan, changes };
}

function textOf({ changes, taken, kept, archive }: Plan): string {
  const lines = changes.flatMap(({ what, kind, parts }) => [
    `${SIGNS[kind]} ${what}`,
    ...parts.map((part) => `    ${part}`),
  ]);
  const countOf = (kind: ConfigChange["kind"]): number => changes.filter((change) => change.kind === kind).length;
  const total = `${countOf("added")} to add, ${countOf("changed")} to change, ${countOf("removed")} to remove`;
  const notes = [
    ...taken.map((name) => `the folder's ${name} takes the place of what was made over the API`),
    ...(kept === 0 ? [] : [`${kept} made over the API stay as they are`]),
  ];
  const text = [...lines, changes.length === 0 ? "no changes" : total, ...notes].map((line) => `${inOneLine(line)}\n`);
  return [...text, archive === undefined ? "" : `\n${comparisonText(archive)}`].join("");
}
