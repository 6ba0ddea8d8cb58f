import assert from "node:assert/strict";
import type { GetMessage } from "amqplib";
import { readDeadLetter, redrivenHeaders } from "../../../src/domain/failure/dead-letter-reading.ts";
import { received } from "../../../src/edge/rabbitmq/publishing/message.ts";
import { receiveDelivery } from "../../../src/flow/deliver/receive.ts";
import type { Subject } from "./subject.ts";
import { texts } from "./subject.ts";
import { EVENT_JSON } from "./event.ts";

const HEADER_NAMES = [
  "busbar-bus",
  "busbar-rule",
  "busbar-target",
  "busbar-attempt",
  "busbar-first-at",
  "busbar-hops",
  "busbar-kept-for",
  "x-delivery-count",
  "x-death",
  "ERROR_CODE",
  "ERROR_MESSAGE",
  "RULE_ARN",
  "TARGET_ARN",
  "traceparent",
  "busbar-due-at",
  "busbar-destination",
  "busbar-parked-from",
];

const HEADER_VALUES: readonly unknown[] = [
  0,
  1,
  -1,
  1.5,
  NaN,
  Infinity,
  2 ** 53,
  "",
  "a",
  "1",
  "\0",
  true,
  null,
  undefined,
  [],
  {},
  [[]],
  { "!": "timestamp", value: 1 },
  Buffer.from("x"),
  "ü".repeat(300),
  "function",
  "f",
];

export const amqpMessage: Subject = {
  name: "AMQP messages",
  weight: 3,
  corpus: texts(
    EVENT_JSON,
    "{}",
    "[1]",
    '{"version":"0"}',
    '{"requestContext":{"condition":"RetriesExhausted"},"requestPayload":{}}',
  ),
  run(input, chance) {
    const some = HEADER_NAMES.filter(() => chance.happens(0.5));
    const headers = Object.fromEntries(some.map((name) => [name, chance.pick(HEADER_VALUES)]));
    const properties = { headers: chance.happens(0.05) ? undefined : headers, messageId: chance.pick(HEADER_VALUES) };
    const message = received(chance.pick(["busbar.function.f", "busbar.suspect", "q"]), {
      content: input,
      fields: {},
      properties,
    } as unknown as GetMessage);
    const receipt = receiveDelivery(message);
    if (receipt.kind === "parked") assert.ok(receipt.message.body.equals(input), "what is parked is whole");
    const letter = readDeadLetter(message);
    if (letter !== undefined) redrivenHeaders(letter, message);
  },
};
