import type { Moment } from "../../test/support/rabbitmq/amqp-proxy.ts";
import type { FunctionCall } from "./functions.ts";

/** A step of a journey at which a router is killed. */
export interface CrashPoint {
  readonly name: string;
  /** Seen by the proxy in front of the broker. */
  readonly moment?: Moment;
  /** Seen by the function: a call of this name and attempt, killed before or after the answer. */
  readonly call?: Pick<FunctionCall, "name" | "attempt"> & { readonly answered: boolean };
  /** Needs deliveries that an earlier crash has made suspect. */
  readonly ofSuspects?: boolean;
  /** Between a consequence and its cause: one of those to begin with when there is no time for all. */
  readonly telling?: boolean;
}

/** Not the first one: others are to be in flight. */
const NTH = 5;

type Where = Pick<Moment, "direction" | "method" | "queue">;
const publish = (queue: string): Where => ({ direction: "toBroker", method: "basic.publish", queue });
const confirm = (queue: string): Where => ({ direction: "toRouter", method: "basic.ack", queue });
const deliver = (queue: string): Where => ({ direction: "toRouter", method: "basic.deliver", queue });
const ack = (queue: string): Where => ({ direction: "toBroker", method: "basic.ack", queue });
const before = (where: Where, nth = NTH): Moment => ({ ...where, nth, passes: false });
const after = (where: Where, nth = NTH): Moment => ({ ...where, nth, passes: true });

const HEALTHY = "busbar.function.healthy";
const FAILING = "busbar.function.failing";
const FLAKY = "busbar.function.flaky";
const SUSPECT = "busbar.suspect";

/** Every step at which one thing is done and the next is not. */
export const CRASH_POINTS: readonly CrashPoint[] = [
  // put: accept → match → publish
  { name: "publish of a delivery, not forwarded", moment: before(publish(HEALTHY)) },
  { name: "publish of a delivery, half forwarded", moment: after(publish(HEALTHY)) },
  { name: "publish to the last target, not forwarded", moment: before(publish("busbar.function.audited")) },
  {
    name: "publish forwarded, confirm not passed on",
    moment: before(confirm("busbar.function.audited")),
    telling: true,
  },
  { name: "confirm passed on, put not answered", moment: after(confirm("busbar.function.audited")) },
  { name: "publish to a queue target, confirm not passed on", moment: before(confirm("copies")) },
  // deliver: receive → send → settle
  { name: "delivery not passed on", moment: before(deliver(HEALTHY)) },
  { name: "delivery passed on, call not answered", call: { name: "healthy", attempt: 1, answered: false } },
  { name: "call answered", call: { name: "healthy", attempt: 1, answered: true }, telling: true },
  { name: "call answered, ack not forwarded", moment: before(ack(HEALTHY)), telling: true },
  { name: "ack forwarded", moment: after(ack(HEALTHY)) },
  { name: "API destination's call not answered", call: { name: "crm", attempt: 1, answered: false } },
  // a failure's consequences: the record, the dead letter, and only then the ack
  { name: "failure answered", call: { name: "failing", attempt: 1, answered: true } },
  { name: "record of a failure, not forwarded", moment: before(publish("failure-records")) },
  { name: "record forwarded, confirm not passed on", moment: before(confirm("failure-records")) },
  { name: "record stored, dead letter not forwarded", moment: before(publish("function-dead-letters")), telling: true },
  { name: "dead letter forwarded, confirm not passed on", moment: before(confirm("function-dead-letters")) },
  { name: "dead letter confirmed", moment: after(confirm("function-dead-letters")) },
  { name: "consequences confirmed, ack not forwarded", moment: before(ack(FAILING)), telling: true },
  { name: "last resort's dead letter, not forwarded", moment: before(publish("busbar.dead-letter")) },
  // a retry: through the ladder, and only then the ack
  { name: "publish of a retry, not forwarded", moment: before(publish(`delayed ${FLAKY}`)) },
  { name: "retry forwarded, confirm not passed on", moment: before(confirm(`delayed ${FLAKY}`)) },
  { name: "retry confirmed, ack of the first attempt not forwarded", moment: before(ack(FLAKY)), telling: true },
  { name: "second attempt not answered", call: { name: "flaky", attempt: 2, answered: false } },
  { name: "second attempt answered", call: { name: "flaky", attempt: 2, answered: true } },
  // a suspect: moved aside and tried alone
  { name: "suspect's move, not forwarded", moment: before(publish(SUSPECT), 1), ofSuspects: true },
  { name: "suspect's move, confirm not passed on", moment: before(confirm(SUSPECT), 1), ofSuspects: true },
  { name: "suspect moved, ack not forwarded", moment: before(ack(HEALTHY), 1), ofSuspects: true, telling: true },
  { name: "suspect handed out", moment: after(deliver(SUSPECT), 1), ofSuspects: true },
  { name: "suspect settled, ack not forwarded", moment: before(ack(SUSPECT), 1), ofSuspects: true, telling: true },
];

/** The embedded broker is part of the router: what it does cannot be looked into, but for the calls. */
export const EMBEDDED_CRASH_POINTS = CRASH_POINTS.filter(({ call }) => call !== undefined);
