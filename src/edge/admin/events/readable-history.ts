import type { DeliveryAnswer, DeliveryWay, EventWay, ListPage } from "../../../admin-api/history/history.ts";
import type { Identity } from "../../../domain/arn.ts";
import { eventBusArn } from "../../../domain/arn.ts";
import type { Caller } from "../../http/auth/caller.ts";

/** Who reads the past. */
export interface Reader {
  readonly caller: Caller;
  readonly identity: Identity;
}

const ANY_BUS = "*";

/**
 * A page without the rows of buses whose events the reader may not read: a policy may allow all buses and deny one.
 *
 * @param busOf a row's bus; undefined where it has none, which is shown to whoever may read all.
 */
export function readablePage<Row>(
  page: ListPage<Row>,
  reader: Reader,
  busOf: (row: Row) => string | undefined,
): ListPage<Row> {
  return { ...page, rows: page.rows.filter((row) => mayRead(reader, busOf(row) ?? ANY_BUS)) };
}

/**
 * An event's way without the deliveries of other buses that the reader may not read, and without payloads of buses whose
 * payloads it may not read. An event that a rule passes on to another bus has deliveries of both.
 *
 * @throws Refusal where the reader may not read events of the event's bus.
 */
export function readableWay(way: EventWay, reader: Reader): EventWay {
  const bus = busOfWay(way);
  reader.caller.authorize("busbar:ReadEvents", eventBusArn(reader.identity, bus));
  const busOf = busesOf(way.deliveries, bus);
  const { body, ...others } = way;
  const deliveries = way.deliveries.filter((delivery) => mayRead(reader, busOf(delivery)));
  return {
    ...others,
    ...(body !== undefined && readsPayload(reader, bus) ? { body } : {}),
    deliveries: deliveries.map((delivery) => readableDeliveryWay(delivery, busOf(delivery), reader)),
  };
}

/**
 * A delivery's way with its event's, in the same manner.
 *
 * @throws Refusal where the reader may not read events of the delivery's bus, or of its event's.
 */
export function readableDelivery({ delivery, event }: DeliveryAnswer, reader: Reader): DeliveryAnswer {
  const bus = busesOf(event?.deliveries ?? [], event ? busOfWay(event) : ANY_BUS)(delivery);
  reader.caller.authorize("busbar:ReadEvents", eventBusArn(reader.identity, bus));
  const itself = readableDeliveryWay(delivery, bus, reader);
  return { delivery: itself, ...(event && { event: readableWay(event, reader) }) };
}

function readableDeliveryWay(delivery: DeliveryWay, bus: string, reader: Reader): DeliveryWay {
  const hasPayload = delivery.body !== undefined || delivery.attempts.some(({ answer }) => answer !== undefined);
  if (!hasPayload || readsPayload(reader, bus)) return delivery;
  const { body: _, ...others } = delivery;
  return { ...others, attempts: delivery.attempts.map(({ answer: _answer, ...attempt }) => attempt) };
}

/** Where the event's own record is not known, its deliveries say on which bus it was. */
function busOfWay({ event, deliveries }: EventWay): string {
  return event?.bus ?? deliveries.find(({ origin }) => origin)?.origin?.bus ?? ANY_BUS;
}

/**
 * Says which bus a delivery is of: its rule's, or for a record that of the delivery whose record it is.
 *
 * @param otherwise the bus of one of which neither is known.
 */
function busesOf(deliveries: readonly DeliveryWay[], otherwise: string): (delivery: DeliveryWay) => string {
  const byId = new Map(deliveries.map((delivery) => [delivery.id, delivery]));
  return (delivery) => {
    let one: DeliveryWay | undefined = delivery;
    for (let steps = 0; one !== undefined && steps <= byId.size; steps++) {
      if (one.origin !== undefined) return one.origin.bus;
      one = one.parent && byId.get(one.parent.deliveryId);
    }
    return otherwise;
  };
}

function mayRead({ caller, identity }: Reader, bus: string): boolean {
  return caller.may("busbar:ReadEvents", eventBusArn(identity, bus));
}

/** Whether a payload of the bus is shown to the reader, which is audited. */
function readsPayload({ caller, identity }: Reader, bus: string): boolean {
  const resource = eventBusArn(identity, bus);
  if (!caller.may("busbar:ReadPayloads", resource)) return false;
  caller.authorize("busbar:ReadPayloads", resource);
  return true;
}
