import { connect } from "amqplib";
import type { ConsumeMessage } from "amqplib";
import type { Router } from "../../test/support/router/router.ts";
import type { End, Ledger } from "./ledger.ts";

/** Reads what has ended in queues into the ledger, from the end of the fault on. */
export interface Collector {
  /** Resolves when all that is there is read. */
  stop(): Promise<void>;
}

/** What is taken out of a queue at once: few, for the router waits until it has as many, or none came for a while. */
const RECEIVED_MAX = 20;

/** Whatever a queue holds: a dead letter or an event as it was, or the record of an invocation. */
interface Body {
  readonly id?: string;
  readonly requestContext?: { readonly requestId: string; readonly functionArn: string };
  readonly requestPayload?: { readonly id: string };
}

/** Reads the queues past any proxy, as the programs that own them would. */
export async function collectFromRabbitMq(url: string, queues: readonly string[], ledger: Ledger): Promise<Collector> {
  const connection = await connect(url, { noDelay: true });
  connection.on("error", () => undefined);
  const channel = await connection.createChannel();
  channel.on("error", () => undefined);
  await channel.prefetch(500);
  for (const queue of queues) {
    await channel.consume(queue, (message: ConsumeMessage | null) => {
      if (message === null) return;
      const headers: Readonly<Record<string, unknown>> = message.properties.headers ?? {};
      const end = endOf(queue, String(message.properties.messageId), headers, message.content.toString());
      // One that was read before and whose ack was lost on the way is nobody's duplicate.
      if (!message.fields.redelivered || !ledger.has(end)) ledger.add(end);
      channel.ack(message);
    });
  }
  return { stop: () => connection.close().catch(() => undefined) };
}

/** The embedded broker's queues can be read through its router alone. */
export function collectFromRouter(
  router: Pick<Router, "receive">,
  queues: readonly string[],
  ledger: Pick<Ledger, "add">,
): Collector {
  let stopping = false;
  // Each queue by itself: under load some never run dry.
  const read = async (queue: string): Promise<void> => {
    for (let count = RECEIVED_MAX; !stopping || count === RECEIVED_MAX;) {
      const messages = await router.receive(queue, RECEIVED_MAX);
      for (const { id, headers, body } of messages) ledger.add(endOf(queue, id, headers, body));
      count = messages.length;
    }
  };
  const reading = Promise.all(queues.map(read));
  reading.catch(() => undefined); // whoever stops it is told
  return {
    async stop() {
      stopping = true;
      await reading;
    },
  };
}

function endOf(queue: string, messageId: string, headers: Readonly<Record<string, unknown>>, text: string): End {
  const body = JSON.parse(text) as Body;
  const place = `queue/${queue}`;
  const { requestContext, requestPayload } = body;
  if (requestContext !== undefined && requestPayload !== undefined) {
    // …:function:NAME:$LATEST. The record itself is a new message each time; what it is about tells two apart.
    const target = requestContext.functionArn.split(":").at(-2) ?? "";
    return { eventId: requestPayload.id, target, place, deliveryId: requestContext.requestId };
  }
  return { eventId: String(body.id), target: String(headers["busbar-target"]), place, deliveryId: messageId };
}
