import { isJsonObject } from "../json/json.ts";
import { RESERVED_QUEUE_PREFIXES } from "../domain/queue/queues.ts";
import { ruleKey } from "../domain/rule/rule.ts";
import type { Context } from "./context.ts";
import type { Entry, Section } from "./source/document.ts";
import { didYouMean } from "../text/nearest.ts";

/** What a name must look like, for the check and for the JSON Schema. */
export interface NameRule {
  readonly pattern: RegExp;
  readonly message: string;
}

/** EventBridge's and Lambda's names. */
export const NAME: NameRule = {
  pattern: /^[A-Za-z0-9._-]{1,64}$/,
  message: "its name must be 1 to 64 letters, digits, dots, dashes and underscores",
};

/** RabbitMQ takes 255; half of that leaves room for names made from it. */
const QUEUE_NAME_BYTES_MAX = 127;

export const NAMES: Record<Section, NameRule> = {
  eventBuses: NAME,
  functions: NAME,
  apiDestinations: NAME,
  queues: {
    pattern: new RegExp(`^(?!${RESERVED_QUEUE_PREFIXES.join("|").replaceAll(".", "\\.")})\\P{Cc}{1,127}$`, "u"),
    message: `its name must be 1 to 127 bytes and not begin with ${RESERVED_QUEUE_PREFIXES.join(" or ")}`,
  },
  rules: {
    pattern: /^([A-Za-z0-9._-]{1,64}\/)?[A-Za-z0-9._-]{1,64}$/,
    message: "its key must be NAME or BUS/NAME, each 1 to 64 letters, digits, dots, dashes and underscores",
  },
};

const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** What is wrong with an entry's name, or with the bus that a rule's key begins with; undefined when nothing is. */
export function nameProblem({ section, name, raw }: Entry, context: Context): string | undefined {
  const { pattern, message } = NAMES[section];
  if (!pattern.test(name)) return message;
  // The pattern counts characters.
  if (section === "queues" && Buffer.byteLength(name) > QUEUE_NAME_BYTES_MAX) return message;
  if (section === "functions" && isJsonObject(raw) && Object.hasOwn(raw, "runtimeApi") && !DNS_LABEL.test(name)) {
    return "its name must be a DNS label (lowercase letters, digits and dashes): a runtimeApi function is named by the host it polls";
  }
  return section === "rules" ? busProblem(splitRuleKey(name).bus, context) : undefined;
}

function busProblem(bus: string, { names, allNamesKnown }: Context): string | undefined {
  const buses = names["event-bus"];
  return buses.has(bus) || !allNamesKnown ? undefined : `there is no event bus "${bus}"${didYouMean(bus, buses)}`;
}

/** A rule's key: the bus before the slash, or the default bus. */
export function splitRuleKey(key: string): { readonly bus: string; readonly name: string } {
  const slash = key.indexOf("/");
  return slash === -1 ? { bus: "default", name: key } : { bus: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** What makes two entries the same thing: `big-orders` and `default/big-orders` are one rule. */
export function identityOf({ section, name }: Entry): string {
  const { bus, name: rule } = splitRuleKey(name);
  return section === "rules" ? ruleKey(bus, rule) : name;
}
