import type { IncomingMessage } from "node:http";
import type { JsonObject } from "../../../json/json.ts";
import { answerJson } from "../../http/answer.ts";
import { pathOf, queryOf } from "../../http/auth/signed-request.ts";
import { utf8Text } from "../../http/body.ts";
import { parseContentType } from "../../http/headers.ts";
import type { AwsErrorAnswer } from "../errors.ts";
import { commonError } from "../errors.ts";
import type { FormMembers } from "./form.ts";
import { readForm } from "./form.ts";
import { faultOf } from "./json.ts";
import type { AwsExchange, Protocol } from "./protocol.ts";
import type { XmlMembers } from "./xml.ts";
import { xmlMembers } from "./xml.ts";

export interface QueryOptions {
  /** Of the answers. */
  readonly namespace: string;
  readonly inputs: FormMembers;
  /** How the members of an operation's output are written. */
  readonly outputs: (operationName: string) => XmlMembers;
  /** Operations whose answers have no result, not even an empty one. */
  readonly withoutResult: ReadonlySet<string>;
  /** Where requests are besides `/`. */
  readonly servesPath: (path: string) => boolean;
  /** The members of an input that a path stands for, where the parameters do not have them. */
  readonly pathMembers: (path: string) => JsonObject;
  readonly errorOf: (error: AwsErrorAnswer) => { readonly code: string; readonly message: string };
}

const FORM = "application/x-www-form-urlencoded";

/**
 * AWS's query protocol: a form, or the query of a GET, names the operation as `Action`, and the answer is XML (Smithy,
 * "AWS query protocol"). A client that accepts JSON only is answered in JSON.
 */
export function queryProtocol(options: QueryOptions): Protocol {
  const { namespace, inputs, outputs, withoutResult, servesPath, pathMembers, errorOf } = options;
  const isHere = (url: string): boolean => pathOf(url) === "/" || servesPath(pathOf(url));
  return {
    serves: ({ method, url = "" }) =>
      isHere(url) && (method === "POST" || (method === "GET" && (servesPath(pathOf(url)) || actionIn(queryOf(url))))),
    operationName: ({ url = "" }) => (isHere(url) ? (queryOf(url).get("Action") ?? undefined) : undefined),
    namesInBody: ({ method, url = "", headers }) =>
      isHere(url) && (method === "GET" || parseContentType(headers["content-type"]).mediaType === FORM),
    operationInBody: (body) => formOf(body).get("Action") ?? undefined,
    checkHeaders: ({ method, headers }) => {
      if (method === "GET" || parseContentType(headers["content-type"]).mediaType === FORM) return;
      throw commonError("UnsupportedMediaTypeException", `Content-Type must be ${FORM}.`);
    },
    readInput: (body, { url = "" }) => {
      const parameters = new URLSearchParams([...formOf(body), ...queryOf(url)]);
      return { ...pathMembers(pathOf(url)), ...readForm(parameters, inputs) };
    },
    answer: (exchange, output) => {
      const { request, requestId, operationName = "" } = exchange;
      const metadata = { ResponseMetadata: { RequestId: requestId } };
      const result = withoutResult.has(operationName) ? {} : { [`${operationName}Result`]: output };
      if (wantsJson(request)) {
        return answerJson(exchange.response, 200, { [`${operationName}Response`]: { ...result, ...metadata } });
      }
      const content = xmlMembers({ ...result, ...metadata }, outputs(operationName));
      answerXml(exchange, 200, `<${operationName}Response xmlns="${namespace}">${content}</${operationName}Response>`);
    },
    answerError: (exchange, error) => {
      const { request, requestId } = exchange;
      if (error.code === "UnknownOperationException") {
        return answerXml(exchange, 404, "<UnknownOperationException/>\n");
      }
      const { code, message } = errorOf(error);
      const shown = { Type: faultOf(error), Code: code, Message: message, Detail: null };
      if (wantsJson(request)) {
        return answerJson(exchange.response, error.status, { Error: shown, RequestId: requestId });
      }
      const content = xmlMembers({ Error: shown, RequestId: requestId }, {});
      answerXml(exchange, error.status, `<ErrorResponse xmlns="${namespace}">${content}</ErrorResponse>`, error);
    },
  };
}

function actionIn(parameters: URLSearchParams): boolean {
  return parameters.has("Action");
}

/** @throws AwsError `SerializationException` */
function formOf(body: Buffer): URLSearchParams {
  const text = utf8Text(body);
  if (text === undefined) throw commonError("SerializationException", "The request body is not UTF-8.");
  return new URLSearchParams(text);
}

function wantsJson({ headers }: IncomingMessage): boolean {
  return headers.accept === "application/json";
}

function answerXml(
  { response, requestId }: AwsExchange,
  status: number,
  content: string,
  { retryAfterSeconds }: Partial<AwsErrorAnswer> = {},
): void {
  const body = `<?xml version="1.0"?>${content}`;
  response.writeHead(status, {
    "content-type": "text/xml",
    "x-amzn-RequestId": requestId,
    "content-length": String(Buffer.byteLength(body)),
    ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }),
  });
  response.end(body);
}
