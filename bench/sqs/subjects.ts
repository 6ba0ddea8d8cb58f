import { randomUUID } from "node:crypto";
import type { Channel, ChannelModel, GetMessage } from "amqplib";
import { connect } from "amqplib";
import { Pool } from "undici";
import { Router } from "../../test/support/router/router.ts";
import { startScript } from "../script.ts";

/** Ten messages a call, the most that SQS takes. */
export const BATCH = 10;
/** The queue that is measured. */
export const QUEUE = "bench";
/** The line of a router's configuration that has the queue. */
export const QUEUE_CONFIG = `queues: { ${QUEUE}: { visibilityTimeoutSeconds: 43200 } }\n`;
/** As many as a router has for its gets. */
const CHANNELS = 32;
const CONNECTIONS = 64;

/** A queue whose messages are received, held and deleted, in batches of ten. */
export interface QueueSubject {
  readonly name: string;
  /** Of the router; undefined where there is none. */
  readonly pid: number | undefined;
  send(body: string): Promise<void>;
  /** @returns what each is deleted with; none when the queue is empty. */
  receive(): Promise<readonly string[]>;
  delete(receipts: readonly string[]): Promise<void>;
  /** A receive that waits for 20 s, where the subject has such a thing. */
  poll(): Promise<void>;
  stop(): Promise<void>;
}

/** A router that is asked over its SQS API. */
export interface RouterSubject extends QueueSubject {
  readonly router: Router;
}

/** A router, asked over its SQS API. @param more lines of its configuration */
export async function startRouter(name: string, broker: string, more = ""): Promise<RouterSubject> {
  const router = await Router.start({ config: `${QUEUE_CONFIG}${more}`, env: { BUSBAR_BROKER: broker } });
  const pool = new Pool(router.publicUrl, { connections: CONNECTIONS });
  const polls = new Pool(router.publicUrl, { connections: null });
  const call = async (operation: string, input: object, over = pool): Promise<Answer> => {
    const { statusCode, body } = await over.request({
      method: "POST",
      path: "/",
      headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": `AmazonSQS.${operation}` },
      body: JSON.stringify({ QueueUrl: QUEUE, ...input }),
    });
    const answer = (await body.json()) as Answer;
    if (statusCode !== 200 || (answer.Failed?.length ?? 0) > 0)
      throw new Error(`${operation} is answered with ${statusCode}: ${JSON.stringify(answer)}`);
    return answer;
  };
  const entries = <T>(list: readonly T[], entry: (each: T) => object): object => ({
    Entries: list.map((each, at) => ({ Id: `e${at}`, ...entry(each) })),
  });
  return {
    name,
    router,
    pid: router.pid,
    async send(body) {
      await call(
        "SendMessageBatch",
        entries(Array.from({ length: BATCH }), () => ({ MessageBody: body })),
      );
    },
    async receive() {
      const { Messages = [] } = await call("ReceiveMessage", { MaxNumberOfMessages: BATCH });
      return Messages.map(({ ReceiptHandle }) => ReceiptHandle);
    },
    async delete(receipts) {
      await call(
        "DeleteMessageBatch",
        entries(receipts, (ReceiptHandle) => ({ ReceiptHandle })),
      );
    },
    async poll() {
      await call("ReceiveMessage", { MaxNumberOfMessages: 1, WaitTimeSeconds: 20 }, polls);
    },
    async stop() {
      await Promise.all([pool.destroy(), polls.destroy()]);
      await router.remove();
    },
  };
}

/** An express handler that is polled as a router is, and does no more than wait. */
export async function startBarePolls(): Promise<Pick<QueueSubject, "name" | "pid" | "poll" | "stop">> {
  const script = await startScript(["bench/sqs/bare-polls.ts"]);
  const polls = new Pool(script.url, { connections: null });
  return {
    name: "bare",
    pid: script.pid,
    async poll() {
      const body = JSON.stringify({ QueueUrl: QUEUE, MaxNumberOfMessages: 1, WaitTimeSeconds: 20 });
      const answer = await polls.request({ method: "POST", path: "/", body });
      await answer.body.dump();
    },
    async stop() {
      await polls.destroy();
      await script.stop();
    },
  };
}

interface Answer {
  readonly Messages?: readonly { readonly ReceiptHandle: string }[];
  readonly Failed?: readonly unknown[];
}

/** The same by hand: ten gets side by side over 32 channels, and an ack on the channel of each. */
export async function startRaw(broker: string): Promise<QueueSubject> {
  const [publishing, holding] = [await connect(broker, { noDelay: true }), await connect(broker, { noDelay: true })];
  const confirmed = await publishing.createConfirmChannel();
  await confirmed.assertQueue(QUEUE, { durable: true, arguments: { "x-queue-type": "quorum" } });
  const channels = await channelsOf(holding);
  const held = new Map<string, { readonly channel: Channel; readonly message: GetMessage }>();
  let turn = 0;
  const getOne = async (): Promise<string | undefined> => {
    const channel = channels[turn++ % CHANNELS];
    const message = await channel?.get(QUEUE);
    if (channel === undefined || message === undefined || message === false) return undefined;
    const receipt = randomUUID();
    held.set(receipt, { channel, message });
    return receipt;
  };
  return {
    name: "raw",
    pid: undefined,
    async send(body) {
      const bytes = Buffer.from(body);
      const one = (): Promise<void> =>
        new Promise((resolve, reject) => {
          confirmed.sendToQueue(QUEUE, bytes, { persistent: true, messageId: randomUUID() }, (error: unknown) => {
            if (error === null || error === undefined) resolve();
            else reject(new Error("not confirmed", { cause: error }));
          });
        });
      await Promise.all(Array.from({ length: BATCH }, one));
    },
    async receive() {
      const got = await Promise.all(Array.from({ length: BATCH }, getOne));
      return got.filter((receipt) => receipt !== undefined);
    },
    async delete(receipts) {
      const touched = new Set<Channel>();
      for (const receipt of receipts) {
        const hold = held.get(receipt);
        held.delete(receipt);
        hold?.channel.ack(hold.message);
        if (hold !== undefined) touched.add(hold.channel);
      }
      // As a router does it: an ack that was only written may be lost.
      await Promise.all([...touched].map((channel) => channel.prefetch(1)));
    },
    poll: () => Promise.resolve(),
    async stop() {
      await Promise.all([publishing.close(), holding.close()]);
    },
  };
}

function channelsOf(model: ChannelModel): Promise<readonly Channel[]> {
  return Promise.all(Array.from({ length: CHANNELS }, () => model.createChannel()));
}
