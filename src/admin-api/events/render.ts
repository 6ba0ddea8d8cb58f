import { z } from "zod";
import { textParameter } from "../parameters.ts";

/** `bus`: the bus of the rule. `target` may be left out where the rule has one only. */
export const renderParameters = z.strictObject({
  bus: textParameter.default("default"),
  rule: textParameter.exactOptional(),
  target: textParameter.exactOptional(),
});

/** The event, and what makes the payload: without either, the input of the target that the query names, or the event. */
export const renderBody = z.strictObject({
  /** As a target gets it, or an entry of PutEvents. */
  event: z.record(z.string(), z.unknown()),
  inputPath: z.string().exactOptional(),
  inputTransformer: z
    .strictObject({ inputPathsMap: z.record(z.string(), z.string()).exactOptional(), inputTemplate: z.string() })
    .exactOptional(),
});

/** The payload, or why a delivery would fail. */
export const renderAnswer = z.union([
  z.object({
    /** JSON text, letter for letter. */
    rendered: z.string(),
  }),
  z.object({
    /** What the dead letter would say, or what is wrong with the path or template. */
    problem: z.string(),
  }),
]);
export type RenderedAnswer = z.infer<typeof renderAnswer>;
