import type { Identity } from "../../../../../domain/arn.ts";
import { queueArn, serviceOfArn, targetOfArn } from "../../../../../domain/arn.ts";
import { QUEUE_KIND, readMadeQueue } from "../../../../../domain/made/queue.ts";
import type { RedriveAllowPolicy } from "../../../../../domain/queue/queue-config.ts";
import { isFifoQueue } from "../../../../../domain/queue/fifo.ts";
import { SOURCE_QUEUES_MAX, takesLettersOf } from "../../../../../domain/queue/queue-config.ts";
import type { Json, JsonObject } from "../../../../../json/json.ts";
import { isJsonObject, parseJson } from "../../../../../json/json.ts";
import { invalidValue } from "../errors.ts";
import type { Messaging } from "../messaging.ts";

const POLICY = "RedrivePolicy";
const ALLOW_POLICY = "RedriveAllowPolicy";
const PERMISSIONS: readonly string[] = ["allowAll", "denyAll", "byQueue"];
const MAX_RECEIVES = 1_000;
/** An error repeats no more of a caller's text. */
const SHOWN_CHARACTERS_MAX = 1_024;

/** A redrive policy as it is kept; undefined where an empty text takes it away. @throws AwsError */
export function checkedRedrivePolicy(text: string): string | undefined {
  if (text === "") return undefined;
  const refuse = refusing(POLICY, text);
  const policy = parseJson(text);
  if (!isJsonObject(policy)) return refuse("Redrive policy is not a valid JSON map.");
  const names = ["deadLetterTargetArn", "maxReceiveCount"];
  const absent = names.find((name) => !Object.hasOwn(policy, name));
  if (absent !== undefined) return refuse(`Redrive policy does not contain mandatory attribute: ${absent}.`);
  if (Object.keys(policy).length > names.length)
    return refuse(`Only following attributes are supported: [${names.join(", ")}].`);
  const { deadLetterTargetArn, maxReceiveCount = null } = policy;
  if (typeof deadLetterTargetArn !== "string" || serviceOfArn(deadLetterTargetArn) !== "sqs")
    return refuse("Invalid value for deadLetterTargetArn.");
  const count = countOf(maxReceiveCount);
  if (count === undefined) {
    const given = JSON.stringify(maxReceiveCount).replaceAll('"', "");
    return refuse(
      `Invalid value for maxReceiveCount: ${given}, valid values are from 1 to ${MAX_RECEIVES} both inclusive.`,
    );
  }
  return JSON.stringify({ deadLetterTargetArn, maxReceiveCount: count });
}

/** The same of a redrive allow policy. */
export function checkedRedriveAllowPolicy(text: string): string | undefined {
  if (text === "") return undefined;
  const refuse = refusing(ALLOW_POLICY, text);
  const policy = parseJson(text);
  if (!isJsonObject(policy)) return refuse("Amazon SQS can't create the redrive allow policy, as it is no JSON map.");
  const { redrivePermission, sourceQueueArns, ...others } = policy;
  if (Object.keys(others).length > 0)
    return refuse("Only following attributes are supported: [redrivePermission, sourceQueueArns].");
  if (typeof redrivePermission !== "string" || !PERMISSIONS.includes(redrivePermission))
    return refuse("redrivePermission must be one of allowAll, denyAll, byQueue.");
  if (redrivePermission !== "byQueue")
    return sourceQueueArns === undefined ? text : refuse("sourceQueueArns is for byQueue only.");
  const arns: readonly Json[] = Array.isArray(sourceQueueArns) ? sourceQueueArns : [];
  const areQueues = arns.every((arn) => typeof arn === "string" && serviceOfArn(arn) === "sqs");
  if (areQueues && arns.length > 0 && arns.length <= SOURCE_QUEUES_MAX) return text;
  return refuse(`byQueue must have sourceQueueArns, 1 to ${SOURCE_QUEUES_MAX} ARNs of queues.`);
}

/**
 * The dead-letter queue of a redrive policy must be there, in this account and region, and let the source name it. It is read from the
 * store: this router may not have heard of it yet.
 *
 * @throws AwsError
 */
export async function requireDeadLetterQueue(
  messaging: Pick<Messaging, "identity" | "config" | "changes">,
  source: string,
  policy: string,
): Promise<void> {
  const { identity } = messaging;
  const refuse = refusing(POLICY, policy);
  const to = targetOfArn(identity, arnIn(policy));
  const found = to.kind === "queue" ? await allowPolicyOf(to.name, messaging) : undefined;
  if (found === undefined) return refuse("Dead letter target does not exist.");
  if (isFifoQueue(to.name) !== isFifoQueue(source))
    return refuse("Dead-letter queue must be same type of queue as the source.");
  if (!takesLettersOf(found, source))
    return refuse(`The redrive allow policy of ${to.name} does not allow ${queueArn(identity, source)}.`);
}

/** Undefined where there is no such queue. */
async function allowPolicyOf(
  name: string,
  { config, identity, changes }: Pick<Messaging, "identity" | "config" | "changes">,
): Promise<{ readonly redriveAllowPolicy?: RedriveAllowPolicy } | undefined> {
  const { queues, made } = config();
  const ofFile = made?.queues.has(name) === true ? undefined : queues.get(name);
  if (ofFile !== undefined) return ofFile;
  const entity = await changes.get({ kind: QUEUE_KIND, name });
  const text = entity && readMadeQueue(entity.value)?.attributes[ALLOW_POLICY];
  if (entity === undefined) return undefined;
  const policy = text === undefined ? undefined : parseJson(text);
  return isJsonObject(policy) ? { redriveAllowPolicy: asAllowPolicy(policy, identity) } : {};
}

function asAllowPolicy({ redrivePermission, sourceQueueArns }: JsonObject, identity: Identity): RedriveAllowPolicy {
  const arns = (Array.isArray(sourceQueueArns) ? sourceQueueArns : []).map(String);
  return {
    redrivePermission: redrivePermission as RedriveAllowPolicy["redrivePermission"],
    sourceQueues: arns.flatMap((arn) => {
      const to = targetOfArn(identity, arn);
      return to.kind === "queue" ? [to.name] : [];
    }),
  };
}

function arnIn(policy: string): string {
  const parsed = parseJson(policy);
  const arn = isJsonObject(parsed) ? parsed["deadLetterTargetArn"] : undefined;
  return typeof arn === "string" ? arn : "";
}

/** A number, or a text of one. */
function countOf(value: Json): number | undefined {
  const count = typeof value === "string" && /^\d{1,4}$/.test(value) ? Number(value) : value;
  const fits = typeof count === "number" && Number.isInteger(count) && count >= 1 && count <= MAX_RECEIVES;
  return fits ? count : undefined;
}

function refusing(parameter: string, text: string): (reason: string) => never {
  return (reason) => {
    throw invalidValue(parameter, text.slice(0, SHOWN_CHARACTERS_MAX), reason);
  };
}
