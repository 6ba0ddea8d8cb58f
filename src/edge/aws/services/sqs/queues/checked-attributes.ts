import { QUEUE_BOUNDS } from "../../../../../domain/queue/queue-config.ts";
import { sqsError } from "../errors.ts";
import { checkedRedriveAllowPolicy, checkedRedrivePolicy } from "./redrive-policies.ts";

/** A queue's attributes by SQS's names, in SQS's form. */
export type QueueAttributes = Readonly<Record<string, string>>;

interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** The attributes that are whole numbers, with their bounds. */
const NUMBERS: Readonly<Record<string, Bounds>> = {
  VisibilityTimeout: QUEUE_BOUNDS.visibilityTimeoutSeconds,
  MaximumMessageSize: QUEUE_BOUNDS.maximumMessageBytes,
  MessageRetentionPeriod: QUEUE_BOUNDS.messageRetentionSeconds,
  DelaySeconds: QUEUE_BOUNDS.delaySeconds,
  ReceiveMessageWaitTimeSeconds: QUEUE_BOUNDS.receiveWaitSeconds,
  KmsDataKeyReusePeriodSeconds: { min: 60, max: 86_400 },
};

const KEY = "KmsMasterKeyId";
const KEY_REUSE = "KmsDataKeyReusePeriodSeconds";
const MANAGED_KEY = "SqsManagedSseEnabled";
/** As long as AWS lets the name of a key be. */
const KEY_CHARACTERS_MAX = 2_048;

/** Each takes a value as it was given, and returns it as it is kept; none where the attribute goes. */
const CHECKS: Readonly<Record<string, (value: string) => string | undefined>> = {
  ...Object.fromEntries(
    Object.entries(NUMBERS).map(([name, bounds]) => [name, (value: string) => checkedNumber(name, value, bounds)]),
  ),
  [KEY]: (value) => (value.length <= KEY_CHARACTERS_MAX ? textOrNone(value) : refuse(KEY)),
  [MANAGED_KEY]: (value) => checkedBoolean(MANAGED_KEY, value),
  // What it says is checked by `requirePolicy`.
  Policy: textOrNone,
  RedrivePolicy: checkedRedrivePolicy,
  RedriveAllowPolicy: checkedRedriveAllowPolicy,
};

const SCOPE = "DeduplicationScope";
const THROUGHPUT = "FifoThroughputLimit";

/** The same of those that only FIFO queues have. */
const FIFO_CHECKS: typeof CHECKS = {
  FifoQueue: (value) =>
    /^true$/i.test(value) ? "true" : refuse("FifoQueue", "Modifying queue type is not supported."),
  ContentBasedDeduplication: (value) => checkedBoolean("ContentBasedDeduplication", value),
  [SCOPE]: (value) => (["queue", "messageGroup"].includes(value) ? value : refuse(SCOPE)),
  [THROUGHPUT]: (value) => (["perQueue", "perMessageGroupId"].includes(value) ? value : refuse(THROUGHPUT)),
};

/**
 * Attributes as they are kept: undefined for one that goes.
 *
 * @throws AwsError in AWS's words.
 */
export function checkedAttributes(
  given: QueueAttributes,
  isFifo: boolean,
): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, checked(name, value, isFifo)]));
}

/** What a queue has after a change of its attributes. @throws AwsError */
export function changedAttributes(before: QueueAttributes, given: QueueAttributes, isFifo: boolean): QueueAttributes {
  const changes = checkedAttributes(given, isFifo);
  if (changes[KEY] !== undefined && changes[MANAGED_KEY] === "true") {
    const text =
      "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.";
    throw sqsError("InvalidAttributeName", text);
  }
  // With a key of one's own the queue's own key goes, and stays away when that one does.
  const switched = changes[KEY] === undefined ? {} : { [MANAGED_KEY]: "false" };
  const dropped = changes[MANAGED_KEY] === "true" ? { [KEY]: undefined, [KEY_REUSE]: undefined } : {};
  const all = Object.entries({ ...before, ...changes, ...switched, ...dropped });
  const after: QueueAttributes = Object.fromEntries(
    all.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
  if (after[THROUGHPUT] === "perMessageGroupId" && after[SCOPE] !== "messageGroup")
    refuse(THROUGHPUT, `perMessageGroupId is allowed only when ${SCOPE} is messageGroup.`);
  return after;
}

function checked(name: string, value: string, isFifo: boolean): string | undefined {
  if (!isFifo && (name === SCOPE || name === THROUGHPUT)) {
    const text = `You can specify the ${name} only when FifoQueue is set to true.`;
    throw sqsError("InvalidAttributeName", text);
  }
  const checks = isFifo ? { ...CHECKS, ...FIFO_CHECKS } : CHECKS;
  const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
  if (check === undefined) throw sqsError("InvalidAttributeName", `Unknown Attribute ${name.slice(0, 80)}.`);
  return check(value);
}

/** AWS keeps the period that is its default as none. */
function checkedNumber(name: string, value: string, { min, max }: Bounds): string | undefined {
  const number = /^\d{1,9}$/.test(value) ? Number(value) : -1;
  if (number < min || number > max) refuse(name);
  return name === KEY_REUSE && number === 300 ? undefined : String(number);
}

function textOrNone(value: string): string | undefined {
  return value === "" ? undefined : value;
}

/** AWS takes `True` too. */
function checkedBoolean(name: string, value: string): string {
  return /^(true|false)$/i.test(value) ? value.toLowerCase() : refuse(name);
}

function refuse(name: string, reason?: string): never {
  const why = reason === undefined ? "" : ` Reason: ${reason}`;
  throw sqsError("InvalidAttributeValue", `Invalid value for the parameter ${name}.${why}`);
}
