import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { answerJson } from "../../http/answer.ts";
import type { AwsError } from "../../http/errors.ts";
import { AWS_ERROR_STATUS } from "../../http/errors.ts";

/** Whether a request is for the EventBridge API, at its one path. Express takes `//` for it too; AWS does not. */
export function isAwsJsonPath(url: string | undefined): boolean {
  return url === "/" || (url?.startsWith("/?") ?? false);
}

export const MEDIA_TYPE = "application/x-amz-json-1.1";

/** The code goes into the body, where boto3 looks for it, and into the header, where other clients do. */
export function answerAwsError(response: ServerResponse, error: AwsError, requestId: string = randomUUID()): void {
  const { code, message, retryAfterSeconds } = error;
  answerJson(
    response,
    AWS_ERROR_STATUS[code],
    { __type: code, message },
    {
      "content-type": MEDIA_TYPE,
      "x-amzn-RequestId": requestId,
      "x-amzn-errortype": code,
      ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }),
    },
  );
}
