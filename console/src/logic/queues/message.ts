const ATTRIBUTES_MAX = 10;
const DELAY_SECONDS_MAX = 900;

/** What somebody has written of a message: attributes a line each. */
interface WrittenMessage {
  readonly body: string;
  readonly attributes: string;
  readonly delay: string;
  /** Of a message for a FIFO queue; empty for another one. */
  readonly group: string;
  readonly deduplicationId: string;
}

const FIFO_NAME = /^[!-~]{1,128}$/;

/** The name of a FIFO queue ends so, and no other queue's does. */
export function isFifoQueue(queue: string): boolean {
  return queue.endsWith(".fifo");
}

/** What is wrong about a message for a queue; undefined where it may be sent. */
export function problemOfMessage(
  { body, attributes, delay, group, deduplicationId }: WrittenMessage,
  queue: string,
): string | undefined {
  if (body === "") return "A message needs a body.";
  const read = attributesOf(attributes);
  if (read === undefined) return "Each attribute must be name=value, with a value.";
  if (Object.keys(read).length > ATTRIBUTES_MAX) return `A message has ${ATTRIBUTES_MAX} attributes at most.`;
  if (isFifoQueue(queue)) {
    if (!FIFO_NAME.test(group)) return "A message group has 1 to 128 letters, digits and punctuation characters.";
    return deduplicationId === "" || FIFO_NAME.test(deduplicationId)
      ? undefined
      : "A deduplication id has 1 to 128 letters, digits and punctuation characters.";
  }
  if (delay === "" || (/^\d{1,3}$/.test(delay) && Number(delay) <= DELAY_SECONDS_MAX)) return undefined;
  return `The delay must be 0 to ${DELAY_SECONDS_MAX} seconds.`;
}

/** What the admin API is sent of a message that has no problem. */
export function sentMessage({ body, attributes, delay, group, deduplicationId }: WrittenMessage, queue: string) {
  const place = {
    messageGroupId: group,
    ...(deduplicationId === "" ? {} : { messageDeduplicationId: deduplicationId }),
  };
  const delayed = delay === "" ? {} : { delaySeconds: Number(delay) };
  return { body, attributes: attributesOf(attributes) ?? {}, ...(isFifoQueue(queue) ? place : delayed) };
}

/** Attributes from their lines; undefined where a line is none. */
export function attributesOf(text: string): Readonly<Record<string, string>> | undefined {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const pairs = lines.map((line) => /^\s*([^=\s]+)=(.+)$/.exec(line)?.slice(1, 3) as [string, string] | undefined);
  return pairs.some((pair) => pair === undefined)
    ? undefined
    : Object.fromEntries(pairs.filter((pair) => pair !== undefined));
}
