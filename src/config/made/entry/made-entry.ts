import { readPolicyDocument } from "../../../domain/access/policy-document.ts";
import type { Identity } from "../../../domain/arn.ts";
import { targetOfArn } from "../../../domain/arn.ts";
import type { MadeArchive, MadeBus, MadeRule, MadeTarget } from "../../../domain/made/made.ts";
import type { TargetRef } from "../../../domain/target/target.ts";
import { parseExactly } from "../../../json/exact-json.ts";
import type { Json } from "../../../json/json.ts";
import { isJsonObject } from "../../../json/json.ts";
import type { ShownEntry } from "../../document/config-document.ts";

const PROPERTIES: Readonly<Record<TargetRef["kind"], string>> = {
  function: "function",
  queue: "queue",
  stream: "stream",
  "api-destination": "apiDestination",
  "event-bus": "eventBus",
};

/** A bus that was made over the API, as a file would have it. */
export function busEntry(name: string, { description, policy }: MadeBus): ShownEntry {
  const written = policy === undefined ? undefined : readPolicyDocument(policy);
  const raw = {
    ...(description === undefined ? {} : { description }),
    ...(written?.ok === true ? { policy: { statements: written.statements } } : {}),
  };
  return { section: "eventBuses", name, raw };
}

/** An archive that was made over the API, as a file would have it. */
export function archiveEntry(name: string, { bus, description, eventPattern, retentionDays }: MadeArchive): ShownEntry {
  const raw = {
    ...(description === undefined ? {} : { description }),
    bus,
    ...(eventPattern === undefined ? {} : { eventPattern: parseExactly(eventPattern) }),
    ...(retentionDays === undefined ? {} : { retentionDays }),
  };
  return { section: "archives", name, raw };
}

/**
 * A rule that was put over the API, as a file would have it. Targets that files have no form for are left out: those of
 * services that Busbar has not. Roles and tags are only stored.
 */
export function ruleEntry(key: string, rule: MadeRule, identity: Identity): ShownEntry {
  const targets = rule.targets.flatMap((target) => {
    const raw = rawTarget(target, identity);
    return raw === undefined ? [] : [[target.Id, raw] as const];
  });
  const raw = {
    ...(rule.description === undefined ? {} : { description: rule.description }),
    ...(rule.state === "DISABLED" ? { state: "DISABLED" } : {}),
    ...(rule.eventPattern === undefined ? {} : { eventPattern: parseExactly(rule.eventPattern) }),
    ...(rule.scheduleExpression === undefined ? {} : { scheduleExpression: rule.scheduleExpression }),
    targets: Object.fromEntries(targets),
  };
  return { section: "rules", name: key, raw };
}

/** In files a retry policy is for functions and API destinations only; over the API it is kept, and does nothing for others. */
function rawTarget(target: MadeTarget, identity: Identity): object | undefined {
  const to = targetOfArn(identity, target.Arn);
  if (to.kind === "other") return undefined;
  const queue = deadLetterQueueOf(target, identity);
  return {
    [PROPERTIES[to.kind]]: to.name,
    ...inputOf(target),
    ...(to.kind === "api-destination" || to.kind === "function" ? retryPolicyOf(target) : {}),
    ...(to.kind === "api-destination" ? httpParametersOf(target) : {}),
    ...(to.kind === "queue" ? sqsParametersOf(target) : {}),
    ...(to.kind === "stream" ? kinesisParametersOf(target) : {}),
    ...(queue === undefined ? {} : { deadLetterConfig: { queue } }),
  };
}

function inputOf({ Input, InputPath, InputTransformer }: MadeTarget): object {
  if (typeof Input === "string") return { input: Input };
  if (typeof InputPath === "string") return { inputPath: InputPath };
  if (!isJsonObject(InputTransformer)) return {};
  const { InputPathsMap, InputTemplate } = InputTransformer as { InputPathsMap?: Json; InputTemplate?: Json };
  const paths = isJsonObject(InputPathsMap) ? { inputPathsMap: InputPathsMap } : {};
  return { inputTransformer: { ...paths, inputTemplate: InputTemplate ?? "" } };
}

function retryPolicyOf({ RetryPolicy }: MadeTarget): object {
  if (!isJsonObject(RetryPolicy)) return {};
  const { MaximumRetryAttempts, MaximumEventAgeInSeconds } = RetryPolicy;
  return {
    retryPolicy: {
      ...(typeof MaximumRetryAttempts === "number" ? { maximumRetryAttempts: MaximumRetryAttempts } : {}),
      ...(typeof MaximumEventAgeInSeconds === "number" ? { maximumEventAgeInSeconds: MaximumEventAgeInSeconds } : {}),
    },
  };
}

/** A target's parameters for the call of an API destination. Members that are null are absent. */
export function httpParametersOf({ HttpParameters }: MadeTarget): { readonly httpParameters?: object } {
  if (!isJsonObject(HttpParameters)) return {};
  const { PathParameterValues = null, HeaderParameters = null, QueryStringParameters = null } = HttpParameters;
  const httpParameters = {
    ...(PathParameterValues === null ? {} : { pathParameterValues: PathParameterValues }),
    ...(HeaderParameters === null ? {} : { headerParameters: HeaderParameters }),
    ...(QueryStringParameters === null ? {} : { queryStringParameters: QueryStringParameters }),
  };
  return { httpParameters };
}

/** A target's parameters for a queue. */
export function sqsParametersOf({ SqsParameters }: MadeTarget): { readonly sqsParameters?: object } {
  const messageGroupId = isJsonObject(SqsParameters) ? (SqsParameters["MessageGroupId"] ?? "") : "";
  return messageGroupId === "" ? {} : { sqsParameters: { messageGroupId } };
}

/** A target's parameters for a stream. */
export function kinesisParametersOf({ KinesisParameters }: MadeTarget): { readonly kinesisParameters?: object } {
  const partitionKeyPath = isJsonObject(KinesisParameters) ? (KinesisParameters["PartitionKeyPath"] ?? "") : "";
  return partitionKeyPath === "" ? {} : { kinesisParameters: { partitionKeyPath } };
}

/** The queue of a target's dead letters, where it names one of this account and region. */
export function deadLetterQueueOf({ DeadLetterConfig }: MadeTarget, identity: Identity): string | undefined {
  const arn = isJsonObject(DeadLetterConfig) ? DeadLetterConfig["Arn"] : undefined;
  const to = typeof arn === "string" ? targetOfArn(identity, arn) : undefined;
  return to?.kind === "queue" ? to.name : undefined;
}
