import type { Command } from "commander";
import type { RuleListAnswer } from "../../../admin-api/configuration/rules.ts";
import { CONFIGURATION_OPERATIONS } from "../../../admin-api/operations/configuration.ts";
import { qualifiedName } from "../../../domain/target/function-version.ts";
import { allPages } from "../../client/all-pages.ts";
import type { AdminOptions } from "../../options/admin-options.ts";
import { addAdminOptions, clientOf } from "../../options/admin-options.ts";
import { batchText } from "../../output/batch-text.ts";
import { counted, formatTable, utcText } from "../../output/format.ts";
import type { Terminal } from "../../terminal.ts";

type ListedRule = RuleListAnswer["rules"][number];

interface RulesOptions extends AdminOptions {
  readonly bus?: string;
  readonly destination?: string;
  readonly gone?: boolean;
}

/** `rules`: what each rule in force sends where, over the admin port of a router. */
export function addRules(program: Command, terminal: Terminal): void {
  addAdminOptions(
    program
      .command("rules")
      .description("the rules in force, where they send what they match, and where each was made")
      .argument("[name]", "only rules of this name, of whichever bus")
      .option("--bus <name>", "only those of a bus")
      .option("--destination <kind/name>", "only those that send there, such as function/NAME")
      .option("--gone", "only those with a target that does not exist"),
  ).action(async (name: string | undefined, options: RulesOptions) => {
    const rules = await allOf(options, name, terminal.env);
    if (options.json) terminal.printJson({ rules });
    else terminal.print(formatTable(HEAD, rules.map(rowOf)));
  });
}

/** `not-in-force`: what the store has and the router does not use, over its admin port. */
export function addNotInForce(program: Command, terminal: Terminal): void {
  addAdminOptions(
    program.command("not-in-force").description("what was made over the API and is not in force, and why"),
  ).action(async (options: AdminOptions) => {
    const client = clientOf(options, terminal.env);
    const notInForce = await allPages(async (after) => {
      const page = await client.ask(CONFIGURATION_OPERATIONS.listNotInForce, { query: { after } });
      return { rows: page.notInForce, next: page.next };
    });
    if (options.json) return terminal.printJson({ notInForce });
    terminal.print(
      formatTable(
        ["NOT IN FORCE", "WHY"],
        notInForce.map(({ name, reason }) => [name, reason]),
      ),
    );
  });
}

async function allOf(
  options: RulesOptions,
  name: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<readonly ListedRule[]> {
  const { bus, destination, gone } = options;
  const client = clientOf(options, env);
  return allPages(async (after) => {
    const query = { rule: name, bus, destination, after, ...(gone === true ? { gone: "true" as const } : {}) };
    const { rules: rows, next } = await client.ask(CONFIGURATION_OPERATIONS.listRules, { query });
    return { rows, next };
  });
}

const HEAD = ["RULE", "STATE", "TARGETS", "MADE", "CHANGED"];

function rowOf({ bus, name, state, past, targets, place, createdAtMs, changedAtMs }: ListedRule): readonly string[] {
  const shown = targets.map(targetText);
  return [
    `${bus}/${name}`,
    past?.state === undefined || past.state === "done" ? state : `${state} (${pastText(past)})`,
    shown.length === 0 ? "-" : shown.join(", "),
    place ?? utcText(createdAtMs),
    utcText(changedAtMs),
  ];
}

function targetText({ kind, name, qualifier, isGone, delaySeconds, batch }: ListedRule["targets"][number]): string {
  const delay = delaySeconds === undefined ? "" : ` (${delaySeconds} s later)`;
  const batches = batch === undefined ? "" : ` (${batchText(batch)})`;
  return `${kind}/${qualifiedName(name, qualifier)}${delay}${batches}${isGone === true ? " (does not exist)" : ""}`;
}

/** How far a rule is with its past that does not have all of it. */
function pastText({ state, left = 0 }: NonNullable<ListedRule["past"]>): string {
  const why = state === undefined || state === "running" ? "" : `${state}, `;
  return `past: ${why}about ${counted(left, "event")} left`;
}
