import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { HOSTILE, idOf } from "./console-answers.ts";

/** What the function wrote, as Lambda's log tail has it. */
const LOG = `START RequestId: ${idOf(9_010)} Version: $LATEST\nlooking at ${HOSTILE}\nEND RequestId: ${idOf(9_010)}\n`;

const HEADERS = { "content-type": "application/json", "x-amzn-requestid": idOf(9_010) };

/** Answers Lambda's Invoke as the payload's `outcome` says: a call that succeeds, unless it is `failed`, `busy` or `never`. */
export function answerInvoke(headers: IncomingHttpHeaders, body: string, response: ServerResponse): void {
  if (headers["x-amz-invocation-type"] === "Event") return void response.writeHead(202, HEADERS).end();
  const { outcome } = JSON.parse(body) as { outcome?: string };
  if (outcome === "never") return;
  if (outcome === "busy") {
    response.writeHead(429, { ...HEADERS, "x-amzn-errortype": "TooManyRequestsException", "retry-after": "1" });
    const Reason = "ReservedFunctionConcurrentInvocationLimitExceeded";
    return void response.end(JSON.stringify({ Type: "User", Reason, message: "Rate Exceeded." }));
  }
  const hasFailed = outcome === "failed";
  const hasLog = headers["x-amz-log-type"] === "Tail" && !hasFailed;
  response.writeHead(200, {
    ...HEADERS,
    "x-amz-executed-version": "$LATEST",
    ...(hasFailed && { "x-amz-function-error": "Unhandled" }),
    ...(hasLog && { "x-amz-log-result": Buffer.from(LOG).toString("base64") }),
  });
  response.end(JSON.stringify(hasFailed ? { errorType: "ValueError", errorMessage: HOSTILE } : { seen: HOSTILE }));
}
