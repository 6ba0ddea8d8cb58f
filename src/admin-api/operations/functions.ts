import { z } from "zod";
import {
  functionTestAnswer,
  functionTestParameters,
  functionTestProgressLine,
} from "../destinations/function-tests.ts";
import { blockedKeysAnswer, skippedAnswer } from "../destinations/blocked-keys.ts";
import { functionLinesAnswer, functionLinesParameters } from "../destinations/function-lines.ts";
import { operations } from "./operation.ts";

/** The longest that a function may take, and some more. */
const INVOKE_BEGINS_MS_MAX = 930_000;

/** What is asked of functions by name. */
export const FUNCTION_OPERATIONS = operations({
  testFunction: {
    method: "POST",
    path: "/functions/{name}/test",
    summary:
      "Calls a function once, and answers in JSON lines: that the test waits, that it is called, and what came of it.",
    guard: { action: "busbar:TestFunction", on: "function" },
    servedBy: "router",
    query: functionTestParameters,
    body: { schema: z.unknown(), about: "The function's payload, any JSON; 1 MiB at most.", isRequired: true },
    answer: z.union([functionTestProgressLine, functionTestAnswer]),
    answeredAs: "lines",
    refusals: [404, 409, 413],
  },
  invokeFunction: {
    method: "POST",
    path: "/lambda/functions/{name}/invocations",
    summary:
      "Calls a function as Lambda's Invoke does, with its headers `X-Amz-Invocation-Type` and `X-Amz-Log-Type`; the answer has Lambda's headers, too.",
    guard: { action: "lambda:InvokeFunction", on: "function" },
    servedBy: "lambda",
    body: { schema: z.unknown(), about: "The function's payload, any JSON; 6 MiB at most.", isRequired: false },
    answer: z.unknown(),
    answerBeginsMsMax: INVOKE_BEGINS_MS_MAX,
    refusals: [404, 413],
  },
  listFunctionLines: {
    method: "GET",
    path: "/functions/{name}/lines",
    summary: "What a function wrote, call by call, at whichever router.",
    guard: { action: "busbar:ReadLogs", on: "function" },
    servedBy: "router",
    query: functionLinesParameters,
    answer: functionLinesAnswer,
    refusals: [404, 409],
  },
  listBlockedKeys: {
    method: "GET",
    path: "/blocked-keys",
    summary: "The keys that wait for an event that does not succeed, the longest first.",
    guard: { action: "busbar:ListBlockedKeys", on: "everything" },
    servedBy: "router",
    answer: blockedKeysAnswer,
  },
  skipBlockedKey: {
    method: "DELETE",
    path: "/blocked-keys/{name}/{id}",
    summary: "Gives up the event that blocks a key: it becomes a dead letter, and the key goes on.",
    guard: { action: "busbar:SkipBlockedKey", on: "function" },
    servedBy: "router",
    answer: skippedAnswer,
    refusals: [404],
  },
});
