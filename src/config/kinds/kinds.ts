import type { Entry } from "../source/document.ts";
import { archives } from "./archive.ts";
import { apiDestinations } from "./api-destination.ts";
import type { Context } from "./kind/context.ts";
import { eventBuses } from "./event-bus.ts";
import { eventSourceMappings } from "./event-source-mapping.ts";
import { functions } from "./function.ts";
import { httpRoutes } from "./http-route.ts";
import { journal } from "./journal.ts";
import { logs } from "./logs.ts";
import type { Kind } from "./kind/kind.ts";
import { queues } from "./queue.ts";
import { rules } from "./rule.ts";
import { streams } from "./stream.ts";
import { schedules } from "./schedule.ts";

/** The sections that a configuration file may have. Each is one file of this folder and one row here. */
export const KINDS = {
  eventBuses,
  functions,
  queues,
  streams,
  apiDestinations,
  archives,
  rules,
  schedules,
  eventSourceMappings,
  httpRoutes,
  journal,
  logs,
} as const;

export type Section = keyof typeof KINDS;

/** An entry of one of these sections. */
export type ConfigEntry = Entry<Section>;

export const SECTIONS = Object.keys(KINDS) as readonly Section[];

/** What one entry of each section is called in messages. */
export const NOUNS = Object.fromEntries(SECTIONS.map((section) => [section, KINDS[section].noun])) as Readonly<
  Record<Section, string>
>;

/** The sections that are one thing each. */
export const SINGLE_SECTIONS: ReadonlySet<string> = new Set(
  SECTIONS.filter((section) => (KINDS[section] as Pick<Kind, "isOne">).isOne),
);

/** What is wrong with an entry's name; undefined when nothing is. */
export function nameProblem({ section, name, raw }: ConfigEntry, context: Context): string | undefined {
  const { names, nameProblem: problem }: Pick<Kind, "names" | "nameProblem"> = KINDS[section];
  return names.pattern.test(name) ? problem?.(name, raw, context) : names.message;
}
