import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { EVENT_OPERATIONS } from "../../../admin-api/operations/events.ts";
import type { TailLine } from "../../../admin-api/events/tail.ts";
import { TAP_EVENTS_PER_SECOND_MAX } from "../../../domain/tap/tap.ts";
import { tryParseExactly } from "../../../json/exact-json.ts";
import type { AdminOptions } from "../../options/admin-options.ts";
import { addAdminOptions, clientOf } from "../../options/admin-options.ts";
import { countOption } from "../../options/options.ts";
import { readTextSource, TEXT_SOURCE_HELP } from "../../options/text-source.ts";
import { inOneLine } from "../../output/escape.ts";
import type { Terminal } from "../../terminal.ts";

/** How often it is said that events are not shown. */
const NOTE_MS = 5_000;
/** A router that stops ends its tails, and so might the next one. */
const AGAIN_MS = 1_000;

type TailedEventLine = TailLine["events"][number];

interface TailOptions extends AdminOptions {
  readonly bus: string;
  readonly pattern?: string;
  readonly rate?: number;
  readonly whole?: boolean;
}

/** `tail`: prints the events of a bus as routers accept them, until it is interrupted. */
export function addTail(program: Command, terminal: Terminal): void {
  addAdminOptions(program.command("tail"))
    .description("print the events of a bus as all routers accept them, until Ctrl+C")
    .option("--bus <name>", "the event bus", "default")
    .option("--pattern <source>", `only events that fit this event pattern: ${TEXT_SOURCE_HELP}`)
    .option(
      "--rate <n>",
      `how many events a second each router shows at most, 1..${TAP_EVENTS_PER_SECOND_MAX}`,
      countOption(TAP_EVENTS_PER_SECOND_MAX),
    )
    .option("--whole", "print each event's JSON, too, without its secrets")
    .action(async (options: TailOptions) => {
      const { bus, rate, whole, pattern } = options;
      const body = pattern === undefined ? undefined : await readTextSource(pattern, terminal.stdin);
      const asked = { query: { bus, rate, whole: whole === true ? "true" : undefined }, body } as const;
      const noteGaps = gapNotes(terminal);
      // A router ends a tail after an hour, so that it can ask for credentials again.
      for (;;) {
        await clientOf(options, terminal.env).follow(EVENT_OPERATIONS.tailEvents, asked, (line) => {
          for (const event of line.events) terminal.print(options.json === true ? jsonOf(event) : textOf(event));
          noteGaps(line);
        });
        await sleep(AGAIN_MS);
      }
    });
}

/** Says now and then how many matching events were not shown, and how many others the pattern was not tried on. */
function gapNotes(terminal: Terminal): (line: TailLine) => void {
  const none = { matching: 0, passedOver: 0, shown: 0 };
  let left = none;
  let notedAtMs = -Infinity;
  return ({ matching, passedOver, shown }) => {
    left = {
      matching: left.matching + matching,
      passedOver: left.passedOver + passedOver,
      shown: left.shown + shown,
    };
    if (performance.now() - notedAtMs < NOTE_MS) return;
    const notes = [
      ...(left.shown < left.matching ? [`${left.shown} of ${left.matching} matching events are shown`] : []),
      ...(left.passedOver > 0 ? [`${left.passedOver} events were passed over: routers had no time for them`] : []),
    ];
    for (const note of notes) terminal.note(`${note}\n`);
    if (notes.length > 0) notedAtMs = performance.now();
    left = none;
  };
}

function textOf({ atMs, bus, source, type, id, rules, body }: TailedEventLine): string {
  const fields = [new Date(atMs).toISOString(), bus, source, type, id, ...(rules.length === 0 ? ["(no rule)"] : [])];
  const line = `${fields.map(inOneLine).join("  ")}\n`;
  return body === undefined ? line : `${line}  ${inOneLine(body)}\n`;
}

/** The body as JSON in JSON, with every number as it was written. */
function jsonOf({ body, ...event }: TailedEventLine): string {
  return `${JSON.stringify(body === undefined ? event : { ...event, body: tryParseExactly(body) })}\n`;
}
