import type { IncomingMessage } from "node:http";
import { answerJson } from "../../http/answer.ts";
import { parseContentType } from "../../http/headers.ts";
import type { AwsErrorAnswer } from "../errors.ts";
import { commonError } from "../errors.ts";
import { readJsonBody } from "./json-body.ts";
import type { Protocol } from "./protocol.ts";

export interface JsonOptions {
  /** Where requests are besides `POST /`. */
  readonly servesPath?: (path: string) => boolean;
  /** What stands before the name of an error: `com.amazonaws.sqs#`. */
  readonly errorNamespace?: string;
  /** The code that an error had before the service spoke JSON, for clients that know it by that. */
  readonly queryCode?: (error: AwsErrorAnswer) => string;
}

/**
 * AWS JSON 1.0 and 1.1: every request is a `POST /`, and a header names the operation (Smithy, "AWS JSON protocols").
 *
 * @param targetPrefix what stands before the operation in `X-Amz-Target`: `AmazonSQS` in `AmazonSQS.SendMessage`.
 */
export function jsonProtocol(version: "1.0" | "1.1", targetPrefix: string, options: JsonOptions = {}): Protocol {
  const { servesPath = () => false, errorNamespace = "", queryCode } = options;
  const contentType = `application/x-amz-json-${version}`;
  const prefix = `${targetPrefix}.`;
  const operationName = ({ headers }: IncomingMessage): string | undefined => {
    const target = headers["x-amz-target"];
    return typeof target === "string" && target.startsWith(prefix) ? target.slice(prefix.length) : undefined;
  };
  return {
    serves: ({ method, url = "" }) => method === "POST" && (url === "/" || url.startsWith("/?") || servesPath(url)),
    operationName,
    checkHeaders: (request) => {
      const { mediaType, utf8 } = parseContentType(request.headers["content-type"]);
      if (mediaType !== contentType || !utf8) {
        throw commonError("UnsupportedMediaTypeException", `Content-Type must be ${contentType}.`);
      }
      if (operationName(request) !== undefined) return;
      throw commonError("UnknownOperationException", `The X-Amz-Target header must be ${prefix}OPERATION.`);
    },
    readInput: readJsonBody,
    answer: ({ response, requestId }, output) =>
      answerJson(response, 200, output, { "content-type": contentType, "x-amzn-RequestId": requestId }),
    // boto3 looks for the code in the body, other clients in the header.
    answerError: ({ response, requestId }, error) => {
      const { code, status, message, retryAfterSeconds } = error;
      const headers = {
        "content-type": contentType,
        "x-amzn-RequestId": requestId,
        "x-amzn-errortype": code,
        ...(queryCode === undefined ? {} : { "x-amzn-query-error": `${queryCode(error)};${faultOf(error)}` }),
        ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }),
      };
      answerJson(response, status, { __type: `${errorNamespace}${code}`, message }, headers);
    },
  };
}

/** Whose fault an error is, in the words of AWS's query protocol. */
export function faultOf({ status }: AwsErrorAnswer): "Sender" | "Receiver" {
  return status < 500 ? "Sender" : "Receiver";
}
