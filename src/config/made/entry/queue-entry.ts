import type { Identity } from "../../../domain/arn.ts";
import { targetOfArn } from "../../../domain/arn.ts";
import type { MadeQueue } from "../../../domain/made/queue.ts";
import type { QueueConfig } from "../../../domain/queue/queue-config.ts";
import { isJsonObject, parseJson } from "../../../json/json.ts";
import type { ShownEntry } from "../../document/config-document.ts";
import { KINDS } from "../../kinds/kinds.ts";
import { ANY_NAMES } from "./any-names.ts";
import { queuePolicyInForce, writtenQueuePolicy } from "./made-policy.ts";

/** What files call the attributes that are whole numbers. */
const NUMBERS = {
  VisibilityTimeout: "visibilityTimeoutSeconds",
  DelaySeconds: "delaySeconds",
  ReceiveMessageWaitTimeSeconds: "receiveWaitSeconds",
  MessageRetentionPeriod: "messageRetentionSeconds",
  MaximumMessageSize: "maximumMessageBytes",
} as const;

const SCHEMA = KINDS.queues.schema(ANY_NAMES);

/** A queue that was made over the API, as a file would have it. Attributes that nothing here acts on are left out. */
export function queueEntry(name: string, made: MadeQueue, identity: Identity): ShownEntry {
  return { section: "queues", name, raw: { ...rawQueue(made, identity), ...writtenPolicyOf(made) } };
}

/** Compiles a queue by the schema that files are read by. @returns undefined when a router of another version wrote it. */
export function compileMadeQueue(name: string, made: MadeQueue, identity: Identity): QueueConfig | undefined {
  const checked = SCHEMA.safeParse(rawQueue(made, identity));
  if (!checked.success) return undefined;
  const { Policy: document } = made.attributes;
  const policy = document === undefined ? {} : { policy: queuePolicyInForce(document) };
  return { ...KINDS.queues.make(name, checked.data), ...policy };
}

function rawQueue({ attributes, tags }: MadeQueue, identity: Identity): object {
  const numbers = Object.entries(NUMBERS).flatMap(([attribute, name]) => {
    const value = attributes[attribute];
    return value === undefined ? [] : [[name, Number(value)] as const];
  });
  return {
    ...Object.fromEntries(numbers),
    ...fifoSettingsOf(attributes),
    ...redrivePolicyOf(attributes["RedrivePolicy"], identity),
    ...redriveAllowPolicyOf(attributes["RedriveAllowPolicy"], identity),
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
  };
}

function fifoSettingsOf(attributes: MadeQueue["attributes"]): object {
  const {
    FifoQueue,
    ContentBasedDeduplication: isContentBased,
    DeduplicationScope: deduplicationScope,
    FifoThroughputLimit: throughputLimit,
  } = attributes;
  if (FifoQueue !== "true") return {};
  return {
    fifo: true,
    ...(isContentBased === undefined ? {} : { contentBasedDeduplication: isContentBased === "true" }),
    ...(deduplicationScope === undefined ? {} : { deduplicationScope }),
    ...(throughputLimit === undefined ? {} : { throughputLimit }),
  };
}

/** What of its policy may be about somebody here. */
function writtenPolicyOf({ attributes: { Policy: document } }: MadeQueue): object {
  const written = document === undefined ? undefined : writtenQueuePolicy(document);
  return written?.ok === true && written.statements.length > 0 ? { policy: { statements: written.statements } } : {};
}

function redrivePolicyOf(text: string | undefined, identity: Identity): object {
  const policy = text === undefined ? undefined : parseJson(text);
  if (!isJsonObject(policy)) return {};
  const { deadLetterTargetArn, maxReceiveCount } = policy;
  const queue = queueOfArn(identity, deadLetterTargetArn);
  return { redrivePolicy: { queue, maxReceiveCount: Number(maxReceiveCount) } };
}

function redriveAllowPolicyOf(text: string | undefined, identity: Identity): object {
  const policy = text === undefined ? undefined : parseJson(text);
  if (!isJsonObject(policy)) return {};
  const { redrivePermission, sourceQueueArns } = policy;
  if (redrivePermission !== "byQueue") return { redriveAllowPolicy: { redrivePermission } };
  const arns: readonly unknown[] = Array.isArray(sourceQueueArns) ? sourceQueueArns : [];
  const sourceQueues = arns.map((arn) => queueOfArn(identity, arn));
  return { redriveAllowPolicy: { redrivePermission, sourceQueues } };
}

function queueOfArn(identity: Identity, arn: unknown): string | undefined {
  const to = typeof arn === "string" ? targetOfArn(identity, arn) : undefined;
  return to?.kind === "queue" ? to.name : undefined;
}
