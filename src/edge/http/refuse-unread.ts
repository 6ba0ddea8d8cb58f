import type { IncomingMessage, ServerResponse } from "node:http";
import { answerProblem } from "./answer.ts";
import { answerAwsError, isAwsJsonPath } from "../aws/protocol/answer-error.ts";
import type { AwsError, HttpProblem } from "./errors.ts";

/** Refuses a request before it is routed or read, as the endpoint that it is for refuses. */
export function refuseUnread(
  request: IncomingMessage,
  response: ServerResponse,
  awsError: AwsError,
  problem: HttpProblem,
): void {
  // What follows is read and thrown away: a client that still writes would not see the answer.
  request.resume();
  if (isAwsJsonPath(request.url)) answerAwsError(response, awsError);
  else answerProblem(response, problem);
}
