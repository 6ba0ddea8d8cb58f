import type { JsonObject } from "../../../json/json.ts";
import { isJsonObject } from "../../../json/json.ts";
import { answerJson } from "../../http/answer.ts";
import { utf8Text } from "../../http/body.ts";
import { parseContentType } from "../../http/headers.ts";
import { commonError } from "../errors.ts";
import { oversize } from "./oversize.ts";
import type { Protocol } from "./protocol.ts";

/**
 * AWS JSON 1.0 and 1.1: every request is a `POST /`, and a header names the operation (Smithy, "AWS JSON protocols").
 *
 * @param targetPrefix what stands before the operation in `X-Amz-Target`: `AmazonSQS` in `AmazonSQS.SendMessage`.
 */
export function jsonProtocol(version: "1.0" | "1.1", targetPrefix: string): Protocol {
  const contentType = `application/x-amz-json-${version}`;
  const prefix = `${targetPrefix}.`;
  const operationName: Protocol["operationName"] = ({ headers }) => {
    const target = headers["x-amz-target"];
    return typeof target === "string" && target.startsWith(prefix) ? target.slice(prefix.length) : undefined;
  };
  return {
    serves: (url) => url === "/" || url.startsWith("/?"),
    operationName,
    checkHeaders: (request) => {
      const { mediaType, utf8 } = parseContentType(request.headers["content-type"]);
      if (mediaType !== contentType || !utf8) {
        throw commonError("UnsupportedMediaTypeException", `Content-Type must be ${contentType}.`);
      }
      if (operationName(request) !== undefined) return;
      throw commonError("UnknownOperationException", `The X-Amz-Target header must be ${prefix}OPERATION.`);
    },
    readInput,
    answer: (response, output, requestId) =>
      answerJson(response, 200, output, { "content-type": contentType, "x-amzn-RequestId": requestId }),
    // boto3 looks for the code in the body, other clients in the header.
    answerError: (response, { code, status, message, retryAfterSeconds }, requestId) =>
      answerJson(
        response,
        status,
        { __type: code, message },
        {
          "content-type": contentType,
          "x-amzn-RequestId": requestId,
          "x-amzn-errortype": code,
          ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }),
        },
      ),
  };
}

function readInput(body: Buffer): JsonObject {
  const problem = oversize(body);
  if (problem !== undefined) throw commonError("SerializationException", problem);
  const text = utf8Text(body);
  if (text === undefined) throw commonError("SerializationException", "The request body is not UTF-8.");
  const input = parse(text);
  if (!isJsonObject(input)) throw commonError("SerializationException", "The request body must be a JSON object.");
  return input;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw commonError("SerializationException", "The request body is not JSON.", { cause });
  }
}
