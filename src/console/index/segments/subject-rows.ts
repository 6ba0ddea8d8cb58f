import type { RuleTarget } from "../../../domain/delivery/delivery.ts";
import { Recent } from "./recent.ts";
import type { Segment } from "./segment.ts";
import { optionalNumber } from "./segment.ts";
import { storedId } from "./stored-id.ts";

const RECENT_SIZE = 20_000;

/** A destination whose messages Busbar stores, and does not call. */
const QUEUE_DESTINATION = "queue/";

/** An event's row. Others may have met its id before its own record came. */
export interface EventSubject {
  readonly seq: number;
  isRecorded: boolean;
}

/** A delivery's row, with what was known of it so far. */
export interface DeliverySubject {
  readonly seq: number;
  event: number | undefined;
  hasOrigin: boolean;
  destination: number | undefined;
}

/** What a record says of a delivery that it is about. */
export interface DeliveryMention {
  readonly id: string;
  readonly eventId?: string | undefined;
  readonly origin?: RuleTarget | undefined;
  readonly destination?: string | undefined;
}

/** Finds and makes the rows of the events and deliveries that records are about, and completes them. */
export class SubjectRows {
  readonly #segment: Segment;
  readonly #events = new Recent<EventSubject>(RECENT_SIZE);
  readonly #deliveries = new Recent<DeliverySubject>(RECENT_SIZE);
  /** Called with an event's row when a delivery has become one of its own. */
  readonly #attached: (event: number) => void;

  constructor(segment: Segment, attached: (event: number) => void) {
    this.#segment = segment;
    this.#attached = attached;
  }

  findEvent(id: string): EventSubject | undefined {
    const recent = this.#events.get(id);
    if (recent !== undefined) return recent;
    const row = this.#segment.findEvent(storedId(id));
    return row && this.#events.set(id, { seq: Number(row["seq"]), isRecorded: row["at"] !== null });
  }

  /** Keeps in mind a row that was just made. */
  madeEvent(id: string, seq: number): EventSubject {
    return this.#events.set(id, { seq, isRecorded: true });
  }

  event(id: string): EventSubject {
    const found = this.findEvent(id);
    if (found !== undefined) return found;
    const { lastInsertRowid } = this.#segment.statement(`INSERT INTO events (id) VALUES (?)`).run(storedId(id));
    return this.#events.set(id, { seq: Number(lastInsertRowid), isRecorded: false });
  }

  delivery(mention: DeliveryMention): DeliverySubject {
    const found = this.#findDelivery(mention.id);
    const event = mention.eventId === undefined ? undefined : this.event(mention.eventId).seq;
    if (found === undefined) return this.#make(mention, event);
    this.#complete(found, mention, event);
    return found;
  }

  #findDelivery(id: string): DeliverySubject | undefined {
    const recent = this.#deliveries.get(id);
    if (recent !== undefined) return recent;
    const row = this.#segment.findDelivery(storedId(id));
    if (row === undefined) return undefined;
    return this.#deliveries.set(id, {
      seq: Number(row["seq"]),
      event: optionalNumber(row["event"]),
      hasOrigin: row["origin"] !== null,
      destination: optionalNumber(row["destination"]),
    });
  }

  #make({ id, origin, destination }: DeliveryMention, event: number | undefined): DeliverySubject {
    const destinationNumber = destination === undefined ? undefined : this.#segment.names.number(destination);
    const { lastInsertRowid } = this.#segment
      .statement(`INSERT INTO deliveries (id, event, origin, destination, is_queue) VALUES (?, ?, ?, ?, ?)`)
      .run(
        storedId(id),
        event ?? null,
        origin === undefined ? null : this.originNumber(origin),
        destinationNumber ?? null,
        isQueue(destination) ? 1 : null,
      );
    const subject = {
      seq: Number(lastInsertRowid),
      event,
      hasOrigin: origin !== undefined,
      destination: destinationNumber,
    };
    if (event !== undefined && subject.hasOrigin) this.#attached(event);
    return this.#deliveries.set(id, subject);
  }

  #complete(subject: DeliverySubject, mention: DeliveryMention, event: number | undefined): void {
    const { origin, destination } = mention;
    const isNews =
      (subject.event === undefined && event !== undefined) ||
      (!subject.hasOrigin && origin !== undefined) ||
      (subject.destination === undefined && destination !== undefined);
    if (!isNews) return;
    subject.event ??= event;
    subject.hasOrigin ||= origin !== undefined;
    subject.destination ??= destination === undefined ? undefined : this.#segment.names.number(destination);
    this.#segment
      .statement(
        `UPDATE deliveries SET event = coalesce(event, ?), origin = coalesce(origin, ?),
           is_queue = CASE WHEN destination IS NULL THEN ? ELSE is_queue END, destination = coalesce(destination, ?)
         WHERE seq = ?`,
      )
      .run(
        event ?? null,
        origin === undefined ? null : this.originNumber(origin),
        isQueue(destination) ? 1 : null,
        subject.destination ?? null,
        subject.seq,
      );
    if (subject.event !== undefined && subject.hasOrigin) this.#attached(subject.event);
  }

  /** The number of a rule's target, whose name is JSON. */
  originNumber({ bus, rule, target }: RuleTarget): number {
    return this.#segment.names.number(JSON.stringify([bus, rule, target]));
  }
}

export function isQueue(destination: string | undefined): boolean {
  return destination?.startsWith(QUEUE_DESTINATION) === true;
}
