import type { Message } from "../../../domain/queue/message.ts";
import type { BrokerEvents } from "../../../ports/broker/broker.ts";
import type { Server } from "../connection/server.ts";
import { connectQuietly } from "../connection/quiet-connection.ts";
import { direct } from "../publishing/message.ts";
import { Expiring } from "./receiving/expiring.ts";
import { FirstGets } from "./receiving/first-gets.ts";
import { Bells } from "./receiving/bells.ts";
import type { HoldBook } from "./book/hold-book.ts";
import { HoldChannels } from "./receiving/hold-channels.ts";
import type { HeldQueueOptions } from "./moved/held-queue.ts";
import type { HoldChange, ChangeOutcome } from "./routers/hold-messages.ts";
import { HoldSession } from "./routers/hold-session.ts";
import type { Candidate } from "./receiving/judging.ts";
import { candidateOf } from "./receiving/judging.ts";
import { ReadyCount } from "./receiving/ready-count.ts";
import { Receiver } from "./receiving/receiver.ts";

export interface HoldingOptions extends HeldQueueOptions {
  readonly server: Server;
  readonly events: Pick<BrokerEvents, "visibleAgain" | "receivedTooOften" | "fault">;
}

/** What a router needs to hold messages, on a connection of its own: when that is lost, all that it held is visible again. */
export interface OpenHolding {
  readonly bells: Bells;
  readonly receiver: Receiver;
  readonly expiring: Expiring;
  readonly ready: ReadyCount;
  readonly first: FirstGets;
  readonly session: HoldSession;
  close(): Promise<void>;
}

/**
 * Connects. Without a connection within 5 s it resolves all the same, and connects later.
 *
 * @param change settles what this router holds, for another one.
 */
export async function openHolding(
  { server, topology, publish, clock, events }: HoldingOptions,
  book: HoldBook,
  isDeleted: (candidate: Candidate) => boolean,
  change: (changes: readonly HoldChange[]) => Promise<readonly ChangeOutcome[]>,
): Promise<OpenHolding> {
  const connection = await connectQuietly(server, "busbar holding");
  const first = new FirstGets(server, connection, topology);
  // A new connection is a new session: what the one before handed out is nobody's.
  await connection.attach({ attach: () => first.reset() });
  const channels = new HoldChannels(connection, first, (channel) => book.lose(channel));
  const store = (messages: readonly Message[]): Promise<void> => publish(messages.map(direct));
  const receiver = new Receiver({ channels, book, isDeleted, publish: store, clock, events });
  const bells = new Bells(channels, (queue, arrived) => void receiver.putBack([candidateOf(queue, arrived)]));
  const ready = new ReadyCount(connection, topology);
  const session = new HoldSession({ connection, publish, change });
  await Promise.all([ready.start(), session.start()]);
  return {
    bells,
    receiver,
    expiring: new Expiring(receiver, ready),
    ready,
    first,
    session,
    close: async () => {
      await Promise.all([ready.end(), session.end(), first.reset()]);
      await connection.close();
    },
  };
}
