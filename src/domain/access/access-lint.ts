import type { Principal, Statement } from "./access.ts";
import { fitsAction } from "./access.ts";
import type { Identity } from "../arn.ts";
import { eventBusArn, fitsArn, queueArn, ruleArn, targetArn } from "../arn.ts";
import type { Config } from "../config.ts";
import { destinationsOf } from "../config.ts";
import type { Credentials } from "./credentials.ts";
import { DEAD_LETTER_QUEUE, PARKED_QUEUE } from "../queue/queues.ts";

/**
 * Lint warnings for a valid file of credentials: resources that match nothing configured, as those of another region,
 * and conditions on actions that have no source or detail type.
 */
export function accessWarnings(credentials: Credentials, config: Config, identity: Identity): readonly string[] {
  const arns = arnsOf(config, identity);
  const warnings = principalsOf(credentials).flatMap(({ id, statements }) =>
    statements.flatMap((statement) => statementWarnings(statement, arns).map((warning) => `"${id}": ${warning}`)),
  );
  return [...new Set(warnings)];
}

function statementWarnings({ actions, resources, conditions }: Statement, arns: readonly string[]): readonly string[] {
  const dead = resources.filter((pattern) => pattern !== "*" && !arns.some((arn) => fitsArn(pattern, arn)));
  const warnings = dead.map((pattern) => `resource ${pattern} fits nothing that is configured`);
  // A negated condition holds for an absent key.
  const condition = conditions.find(({ operator }) => !operator.includes("Not"));
  if (condition === undefined || fitsAction(actions, "events:PutEvents")) return warnings;
  return [
    ...warnings,
    `${actions.join(", ")}: only events:PutEvents has ${condition.key}, so the condition never holds`,
  ];
}

function principalsOf({ accessKeys, bearerTokens, issuers }: Credentials): readonly Principal[] {
  const granted = [...issuers.values()].map(({ name, grants }) => ({
    id: `issuer/${name}`,
    statements: grants.flatMap((grant) => grant.statements),
  }));
  return [...[...accessKeys.values()].map(({ principal }) => principal), ...bearerTokens.values(), ...granted];
}

/** The ARN of every resource that is configured. */
function arnsOf(config: Config, identity: Identity): readonly string[] {
  const { eventBuses, rules, queues } = config;
  return [
    ...[...eventBuses.keys()].map((name) => eventBusArn(identity, name)),
    ...[...rules.values()].map(({ bus, name }) => ruleArn(identity, bus, name)),
    ...[...queues.keys(), DEAD_LETTER_QUEUE, PARKED_QUEUE].map((name) => queueArn(identity, name)),
    ...destinationsOf(config).map((destination) => targetArn(identity, destination)),
  ];
}
