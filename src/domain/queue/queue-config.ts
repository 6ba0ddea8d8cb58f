import type { BusPolicy } from "../access/bus-policy.ts";

/** Where messages go that were received too often. */
export interface RedrivePolicy {
  readonly queue: string;
  /** How often a message may be received. */
  readonly maxReceiveCount: number;
}

/** Which queues may move messages into a queue by their redrive policies. */
export interface RedriveAllowPolicy {
  readonly redrivePermission: "allowAll" | "denyAll" | "byQueue";
  /** With `byQueue`. */
  readonly sourceQueues?: readonly string[];
}

/** As many as SQS lets a redrive allow policy name. */
export const SOURCE_QUEUES_MAX = 10;

/** A queue of a user's, and what holds where nobody says otherwise while it is used over the SQS API. */
export interface QueueConfig {
  readonly name: string;
  readonly description?: string;
  readonly visibilityTimeoutSeconds?: number;
  readonly delaySeconds?: number;
  readonly receiveWaitSeconds?: number;
  readonly messageRetentionSeconds?: number;
  readonly maximumMessageBytes?: number;
  readonly redrivePolicy?: RedrivePolicy;
  readonly redriveAllowPolicy?: RedriveAllowPolicy;
  /** Who may use it, besides those whose own policies say so. */
  readonly policy?: BusPolicy;
  /** The messages of each group are received in order. The queue's name ends in `.fifo`. */
  readonly fifo?: boolean;
  /** A message without a deduplication id has one of its body. */
  readonly contentBasedDeduplication?: boolean;
  /** Whether a deduplication id counts in the whole queue, or in each group. Default: `queue`. */
  readonly deduplicationScope?: "queue" | "messageGroup";
  /** Stored and shown. Nothing follows from it. Default: `perQueue`. */
  readonly throughputLimit?: "perQueue" | "perMessageGroupId";
  readonly tags?: Readonly<Record<string, string>>;
}

/** SQS's bounds, and its defaults but for one: a queue that has no retention keeps everything. */
export const QUEUE_BOUNDS = {
  visibilityTimeoutSeconds: { min: 0, max: 43_200, default: 30 },
  delaySeconds: { min: 0, max: 900, default: 0 },
  receiveWaitSeconds: { min: 0, max: 20, default: 0 },
  messageRetentionSeconds: { min: 60, max: 1_209_600, default: undefined },
  maximumMessageBytes: { min: 1_024, max: 1_048_576, default: 1_048_576 },
} as const;

/** Whether a queue lets another one name it in a redrive policy. */
export function takesLettersOf(
  { redriveAllowPolicy }: Pick<QueueConfig, "redriveAllowPolicy">,
  source: string,
): boolean {
  const { redrivePermission = "allowAll", sourceQueues = [] } = redriveAllowPolicy ?? {};
  return redrivePermission === "allowAll" || (redrivePermission === "byQueue" && sourceQueues.includes(source));
}

/** What a queue has of something that may be left out. */
export function queueSetting(
  queue: QueueConfig,
  name: Exclude<keyof typeof QUEUE_BOUNDS, "messageRetentionSeconds">,
): number {
  return queue[name] ?? QUEUE_BOUNDS[name].default;
}
