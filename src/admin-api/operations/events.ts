import { z } from "zod";
import { eventExplanationAnswer, explainParameters, ruleExplanationAnswer } from "../events/explain.ts";
import { renderAnswer, renderBody, renderParameters } from "../events/render.ts";
import { putEventsAnswer, putEventsBody } from "../events/send.ts";
import { tailLine, tailParameters } from "../events/tail.ts";
import { operations } from "./operation.ts";

const EVENT_TO_EXPLAIN = {
  schema: z.record(z.string(), z.unknown()),
  about: "An event as a target gets it, or an entry of PutEvents; 1 MiB at most.",
  isRequired: true,
} as const;
const EXPLANATION = z.union([eventExplanationAnswer, ruleExplanationAnswer]);

/** What is asked about events at this moment. */
export const EVENT_OPERATIONS = operations({
  explainEvent: {
    method: "POST",
    path: "/explain",
    summary: "Which rules an event matches, and what keeps it from the others; of one rule with `rule`.",
    guard: { action: "busbar:ExplainEvent", on: "event-bus/found" },
    servedBy: "router",
    query: explainParameters,
    body: EVENT_TO_EXPLAIN,
    answer: EXPLANATION,
    refusals: [404, 413],
  },
  explainKept: {
    method: "POST",
    path: "/configurations/{digest}/explain",
    summary: "The same by the rules of a configuration that was in force, as long as its document is kept.",
    guard: { action: "busbar:ExplainEvent", on: "event-bus/found" },
    servedBy: "console",
    query: explainParameters,
    body: EVENT_TO_EXPLAIN,
    answer: EXPLANATION,
    refusals: [404, 413],
  },
  renderEvent: {
    method: "POST",
    path: "/render",
    summary: "What a target would be given for an event, by its own input or by one that is given.",
    guard: { action: "busbar:ExplainEvent", on: "event-bus/default" },
    servedBy: "router",
    query: renderParameters,
    body: {
      schema: renderBody,
      about: "The event, and an `inputPath` or `inputTransformer`; 1 MiB at most.",
      isRequired: true,
    },
    answer: renderAnswer,
    refusals: [404, 413],
  },
  tailEvents: {
    method: "POST",
    path: "/tail",
    summary: "The events of a bus as all routers accept them, in JSON lines, for an hour at most.",
    guard: { action: "busbar:TapEvents", on: "event-bus/default" },
    servedBy: "router",
    query: tailParameters,
    body: {
      schema: z.record(z.string(), z.unknown()),
      about: "An event pattern of 16 KiB at most; without one every event fits.",
      isRequired: false,
    },
    answer: tailLine,
    answeredAs: "lines",
    refusals: [404, 413],
  },
  sendEvents: {
    method: "POST",
    path: "/send",
    summary: "Puts events as `PutEvents` does, through the console.",
    guard: { action: "events:PutEvents", on: "event-bus/found" },
    servedBy: "eventbridge",
    body: { schema: putEventsBody, about: "A request of PutEvents.", isRequired: true },
    answer: putEventsAnswer,
    refusals: [413, 415],
  },
});
