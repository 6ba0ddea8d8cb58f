import { setTimeout as sleep } from "node:timers/promises";
import type { Router } from "../../../test/support/router/router.ts";
import { askSqs } from "./ask-sqs.ts";
import type { MessageLedger } from "./message-ledger.ts";

/** How long a delete is tried again until a router answers it. */
const DELETE_MS_MAX = 120_000;
const DEAD_VISIBILITY_SECONDS = 60;

/** A message in somebody's hands. */
export interface HeldMessage {
  readonly id: string;
  readonly receipt: string;
  readonly body: string;
}

interface ReceivedMessage extends HeldMessage {
  /** `ApproximateReceiveCount`. */
  readonly count: number;
}

/** Clients of the SQS API that go from router to router, and write down what they are answered. */
export class QueueClients {
  readonly #routers: readonly Router[];
  readonly #ledger: MessageLedger;
  #turn = 0;

  constructor(routers: readonly Router[], ledger: MessageLedger) {
    this.#routers = routers;
    this.#ledger = ledger;
  }

  /** Sends up to ten messages. @returns the ids of those that were accepted. */
  async send(queue: string, bodies: readonly string[], delaySeconds = 0): Promise<readonly string[]> {
    const Entries = bodies.map((MessageBody, at) => ({ Id: `e${at}`, MessageBody, DelaySeconds: delaySeconds }));
    type Answer = { readonly Successful?: readonly { readonly MessageId: string }[] };
    const answer = await askSqs<Answer>(this.#url(), "SendMessageBatch", { QueueUrl: queue, Entries });
    const ids = (answer?.Successful ?? []).map(({ MessageId }) => MessageId);
    for (const id of ids) this.#ledger.sent(id);
    return ids;
  }

  /** Receives up to ten messages, with a wait of a second. @param router is asked, or else the next one. */
  async receive(queue: string, visibilitySeconds: number, router?: Router): Promise<readonly HeldMessage[]> {
    const askedAtMs = performance.now();
    const received = await this.#receive(queue, visibilitySeconds, router?.publicUrl ?? this.#url());
    const answeredAtMs = performance.now();
    for (const { id, count } of received)
      this.#ledger.received({ id, count, askedAtMs, answeredAtMs, invisibleMs: visibilitySeconds * 1_000 });
    return received;
  }

  /** Receives dead letters and deletes them. */
  async receiveDead(queue: string): Promise<void> {
    for (const { id, receipt } of await this.#receive(queue, DEAD_VISIBILITY_SECONDS, this.#url())) {
      this.#ledger.dead(id);
      await askSqs(this.#url(), "DeleteMessage", { QueueUrl: queue, ReceiptHandle: receipt });
    }
  }

  async #receive(queue: string, visibilitySeconds: number, url: string): Promise<readonly ReceivedMessage[]> {
    const answer = await askSqs<{ readonly Messages?: readonly WireMessage[] }>(url, "ReceiveMessage", {
      QueueUrl: queue,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: 1,
      VisibilityTimeout: visibilitySeconds,
      MessageSystemAttributeNames: ["ApproximateReceiveCount"],
    });
    // A router that is down refuses at once.
    if (answer === undefined) await sleep(100);
    return (answer?.Messages ?? []).map(({ MessageId: id, ReceiptHandle: receipt, Body: body, Attributes }) => {
      return { id, receipt, body, count: Number(Attributes?.ApproximateReceiveCount) };
    });
  }

  /** Deletes a message, at one router after the other until one answers. @param router is asked, or else all. @returns whether one did. */
  async delete(queue: string, { id, receipt }: HeldMessage, router?: Router): Promise<boolean> {
    const deadlineMs = performance.now() + DELETE_MS_MAX;
    do {
      const askedAtMs = performance.now();
      const url = router?.publicUrl ?? this.#url();
      const answer = await askSqs(url, "DeleteMessage", { QueueUrl: queue, ReceiptHandle: receipt });
      if (answer !== undefined) {
        this.#ledger.deleted(id, askedAtMs, performance.now());
        return true;
      }
      await sleep(100);
    } while (performance.now() < deadlineMs);
    return false;
  }

  async hide(queue: string, { id, receipt }: HeldMessage, seconds: number): Promise<void> {
    const askedAtMs = performance.now();
    const asked = { QueueUrl: queue, ReceiptHandle: receipt, VisibilityTimeout: seconds };
    const answer = await askSqs(this.#url(), "ChangeMessageVisibility", asked);
    if (answer !== undefined) this.#ledger.hidden(id, askedAtMs, seconds * 1_000);
  }

  #url(): string {
    this.#turn += 1;
    return this.#routers[this.#turn % this.#routers.length]?.publicUrl ?? "";
  }
}

interface WireMessage {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly Attributes?: { readonly ApproximateReceiveCount?: string };
}
