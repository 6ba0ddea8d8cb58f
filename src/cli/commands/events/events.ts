import type { Command } from "commander";
import type { AttemptWay, DeliveryWay, EventListed, EventWay, RedriveWay } from "../../../admin-api/history/history.ts";
import type { EventFilter, PageFilter } from "../../../admin-api/history/filters.ts";
import { HISTORY_OPERATIONS } from "../../../admin-api/operations/history.ts";
import { EVENT_OUTCOMES, HISTORY_LIST_MAX } from "../../../admin-api/history/parameters.ts";
import { parseDateTime } from "../../../text/date-time.ts";
import type { ArgumentsOf } from "../../client/api-client.ts";
import { missingRowsNote, newestRows } from "../../client/newest-rows.ts";
import { CommandError } from "../../command-error.ts";
import type { ConsoleClientOptions } from "../../options/console-options.ts";
import { addConsoleOptions, consoleClientOf } from "../../options/console-options.ts";
import { countOption } from "../../options/options.ts";
import { inOneLine } from "../../output/escape.ts";
import { formatTable } from "../../output/format.ts";
import type { Terminal } from "../../terminal.ts";

type EventQuery = NonNullable<ArgumentsOf<typeof HISTORY_OPERATIONS.listEvents>["query"]>;

/** What is searched for, with the times as they are given. */
interface FindOptions extends ConsoleClientOptions, Omit<EventFilter, keyof PageFilter | "id"> {
  readonly after?: string;
  readonly before?: string;
  readonly limit: number;
}

/** `events`: finds events in the journal and shows their ways, over a console. */
export function addEvents(program: Command, terminal: Terminal): void {
  const events = program.command("events").description("what became of events, as the journal has it");
  addFind(events, terminal);
  addShow(events, terminal);
}

function addFind(events: Command, terminal: Terminal): void {
  addConsoleOptions(events.command("find"))
    .description("list events, the newest first")
    .option("--bus <name>", "only those put on this bus")
    .option("--source <source>", "only those of this source")
    .option("--type <detail-type>", "only those of this detail-type")
    .option("--rule <bus/name>", "only those that this rule matched")
    .option("--destination <kind/name>", "only those that go to function/NAME, api-destination/NAME or queue/NAME")
    .option("--outcome <outcome>", `only those that are ${EVENT_OUTCOMES.join(", ")}`)
    .option("--field <field:value>", "only those with this value of an indexed field: detail.orderId:o-1")
    .option("--after <time>", "only those accepted at this time or later, such as 2026-01-31T12:00:00Z")
    .option("--before <time>", "only those accepted at this time or earlier")
    .option("--limit <n>", `how many at most, 1..${HISTORY_LIST_MAX}`, countOption(HISTORY_LIST_MAX), 20)
    .action(async (options: FindOptions) => {
      const client = consoleClientOf(options, terminal.env);
      const query = queryOf(options);
      const found = await newestRows(options.limit, (page) =>
        client.ask(HISTORY_OPERATIONS.listEvents, { query: { ...query, ...page } }),
      );
      if (options.json) return terminal.printJson(found.rows);
      terminal.print(formatTable(["TIME", "OUTCOME", "BUS", "SOURCE", "DETAIL-TYPE", "ID"], found.rows.map(rowOf)));
      const note = missingRowsNote("event", found, options.limit);
      if (note !== undefined) terminal.note(note);
    });
}

function addShow(events: Command, terminal: Terminal): void {
  addConsoleOptions(events.command("show"))
    .description("show one event's way: its rules, deliveries, attempts and what came of them")
    .argument("<id>", "the event's id")
    .action(async (id: string, options: ConsoleClientOptions) => {
      const way = await consoleClientOf(options, terminal.env).ask(HISTORY_OPERATIONS.getEvent, { path: { id } });
      if (options.json) return terminal.printJson(way);
      terminal.print(wayText(way));
    });
}

function queryOf({ consoleUrl: _, json: _json, after, before, limit, ...filter }: FindOptions): EventQuery {
  return {
    ...filter,
    limit,
    fromMs: after === undefined ? undefined : timeOf("--after", after),
    toMs: before === undefined ? undefined : timeOf("--before", before),
  };
}

function timeOf(option: string, text: string): number {
  const timeMs = parseDateTime(text);
  if (timeMs === undefined) throw new CommandError(`${option} must be a time such as 2026-01-31T12:00:00Z`);
  return timeMs;
}

function rowOf({ atMs, outcome, bus, source, type, id }: EventListed): readonly string[] {
  return [timeText(atMs), outcome, bus, source, type, id];
}

function wayText({ id, event, outcome, deliveries }: EventWay): string {
  const head =
    event === undefined
      ? `event ${inOneLine(id)}: its own record is not in the journal\n`
      : `${timeText(event.atMs)}  ${inOneLine(event.source)}  ${inOneLine(event.type)}  on ${inOneLine(event.bus)}` +
        `${event.principal === undefined ? "" : `, put by ${inOneLine(event.principal)}`}\n${outcome ?? ""}` +
        `${event.ruleCount === 0 ? ": no rule matched" : `; rules ${inOneLine(event.rules.map(({ bus, rule }) => `${bus}/${rule}`).join(", "))}`}\n`;
  return `${head}${deliveries.map(deliveryText).join("")}`;
}

function deliveryText(delivery: DeliveryWay): string {
  const { id, destination = "an unknown destination", origin, state, attempts, records, letters, redrives } = delivery;
  const by = origin === undefined ? "" : ` by rule ${origin.bus}/${origin.rule}`;
  const lines = [
    ...attempts.map((attempt) => [attempt.atMs, attemptText(attempt)] as const),
    ...records.map(
      ({ atMs, condition, to, id: recordId }) => [atMs, `${condition} record to ${to}: ${recordId}`] as const,
    ),
    ...letters.map(({ atMs, queue, reason }) => [atMs, `dead letter in ${queue}: ${reason}`] as const),
    ...redrives.map((redrive) => [redrive.atMs, redriveText(redrive)] as const),
  ].toSorted(([one], [other]) => one - other);
  const body = lines.map(([atMs, text]) => `    ${timeText(atMs)}  ${inOneLine(text)}\n`).join("");
  return `\n  ${inOneLine(destination)}${inOneLine(by)}: ${state}  (delivery ${inOneLine(id)})\n${body}`;
}

function redriveText({ queue, to, jobId }: RedriveWay): string {
  return `redriven from ${queue} to its ${to}${jobId === undefined ? "" : ` by job ${jobId}`}`;
}

function attemptText({ attempt, statusCode, failure, callMs, nextAtMs }: AttemptWay): string {
  const status = statusCode === undefined ? "" : ` ${statusCode}`;
  const came = failure === undefined ? `ok${status}` : `${failure.reason}${status}: ${failure.message}`;
  const next = nextAtMs === undefined ? "" : `; next try ${timeText(nextAtMs)}`;
  return `attempt ${attempt}, ${callMs.toFixed(0)} ms: ${came}${next}`;
}

function timeText(atMs: number): string {
  return new Date(atMs).toISOString();
}
