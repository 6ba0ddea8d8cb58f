import { z } from "zod";
import { TAP_EVENTS_PER_SECOND_MAX } from "../../domain/tap/tap.ts";
import { countParameter, textParameter } from "../parameters.ts";

/** `rate`: the most events a second that each router shows. `whole`: `true` for events with their detail. */
export const tailParameters = z.strictObject({
  bus: textParameter.default("default"),
  rate: countParameter(TAP_EVENTS_PER_SECOND_MAX).default(TAP_EVENTS_PER_SECOND_MAX),
  whole: z
    .enum(["true", "false"], { error: "must be true or false" })
    .default("false")
    .transform((text) => text === "true"),
});

const tailedEvent = z.object({
  id: z.string(),
  atMs: z.number(),
  bus: z.string(),
  source: z.string(),
  type: z.string(),
  bytes: z.number(),
  /** As `bus/name`. */
  rules: z.array(z.string()).readonly(),
  /** The event's JSON, redacted. */
  body: z.string().exactOptional(),
});

/** One line of a tail: what one router saw since its line before. A line of zeros says that the tail lives. */
export const tailLine = z.object({
  events: z.array(tailedEvent).readonly(),
  seen: z.number(),
  matching: z.number(),
  /** Those that the pattern was not tried on: there was no time, or it would have taken too many steps. */
  passedOver: z.number(),
  shown: z.number(),
});
export type TailLine = z.infer<typeof tailLine>;
