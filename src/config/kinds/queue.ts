import { z } from "zod";
import type { QueueConfig } from "../../domain/config.ts";
import { RESERVED_QUEUE_PREFIXES } from "../../domain/queue/queues.ts";
import type { NameRule } from "./kind.ts";
import { defineKind } from "./kind.ts";
import { description } from "./parts/fields.ts";

/** RabbitMQ takes 255; half of that leaves room for names made from it. */
const NAME_BYTES_MAX = 127;

const names: NameRule = {
  pattern: new RegExp(`^(?!${RESERVED_QUEUE_PREFIXES.join("|").replaceAll(".", "\\.")})\\P{Cc}{1,127}$`, "u"),
  message: `its name must be 1 to 127 bytes and not begin with ${RESERVED_QUEUE_PREFIXES.join(" or ")}`,
};

const schema = z
  .strictObject({ description: description.exactOptional() })
  .describe("A queue of yours, exactly so named on the broker. One that exists is taken as found.");

/** `queues` */
export const queues = defineKind({
  noun: "queue",
  about: "Queues of yours, by name. Others may fill and read them too.",
  names,
  // The pattern counts characters.
  nameProblem: (name) => (Buffer.byteLength(name) > NAME_BYTES_MAX ? names.message : undefined),
  schema: () => schema,
  make: (name, shape: z.output<typeof schema>): QueueConfig => ({ name, ...shape }),
  secrets: [],
});
