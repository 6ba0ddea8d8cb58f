import type { Door } from "../door.ts";
import type { HttpAnswer } from "./http-answer.ts";

/** What a front door answers by itself, in the order in which it may happen. */
export type DoorError =
  | "not_found"
  | "unauthorized"
  | "forbidden"
  | "too_large"
  | "too_slow"
  | "throttled"
  | "timed_out"
  | "unavailable"
  /** The function failed, or its answer is none. */
  | "function_failed"
  /** The authorizer failed. */
  | "internal";

/** How a kind of door words them. */
type Style = "http" | "url" | "rest" | "alb";

type Worded = readonly [status: number, body: string];

const json = (message: string): string => JSON.stringify({ message });
/** REST APIs write a blank behind the colon. */
const restJson = (message: string): string => `{"message": ${JSON.stringify(message)}}`;
const lambdaJson = (message: string | null): string => JSON.stringify({ Message: message });
const html = (title: string): string =>
  `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;

const URL_FORBIDDEN =
  "Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html";

const HTTP: Readonly<Record<DoorError, Worded>> = {
  not_found: [404, json("Not Found")],
  unauthorized: [401, json("Unauthorized")],
  forbidden: [403, json("Forbidden")],
  too_large: [413, json("Request Entity Too Large")],
  too_slow: [408, json("Request Timeout")],
  throttled: [429, json("Too Many Requests")],
  timed_out: [503, json("Service Unavailable")],
  unavailable: [503, json("Service Unavailable")],
  function_failed: [500, json("Internal Server Error")],
  internal: [500, json("Internal Server Error")],
};

/** The words of AWS's front doors (HTTP APIs, function URLs, REST APIs and load balancers). */
const WORDS: Readonly<Record<Style, Readonly<Record<DoorError, Worded>>>> = {
  http: HTTP,
  url: {
    ...HTTP,
    unauthorized: [403, lambdaJson(URL_FORBIDDEN)],
    forbidden: [403, lambdaJson(URL_FORBIDDEN)],
    too_large: [413, lambdaJson("Request Entity Too Large")],
    throttled: [429, lambdaJson("Rate Exceeded.")],
    timed_out: [502, "Internal Server Error"],
    unavailable: [502, "Internal Server Error"],
    function_failed: [502, "Internal Server Error"],
  },
  rest: {
    ...HTTP,
    too_large: [413, json("Request Too Long")],
    timed_out: [504, restJson("Endpoint request timed out")],
    function_failed: [502, restJson("Internal server error")],
    internal: [500, json("Internal server error")],
  },
  alb: {
    not_found: [404, html("404 Not Found")],
    unauthorized: [401, html("401 Authorization Required")],
    forbidden: [403, html("403 Forbidden")],
    too_large: [413, html("413 Request Entity Too Large")],
    too_slow: [408, html("408 Request Time-out")],
    throttled: [429, html("429 Too Many Requests")],
    timed_out: [504, html("504 Gateway Time-out")],
    unavailable: [503, html("503 Service Temporarily Unavailable")],
    function_failed: [502, html("502 Bad Gateway")],
    internal: [500, html("500 Internal Server Error")],
  },
};

const ERROR_TYPES: Readonly<Partial<Record<DoorError, string>>> = {
  forbidden: "AccessDeniedException",
  function_failed: "InternalServerErrorException",
};

/** How long a caller should wait where nobody knows better, in seconds. */
const RETRY_AFTER_SECONDS = "1";

/** The answer of a door that does not come from the function. */
export function doorError(door: Pick<Door, "isFunctionUrl" | "payload">, error: DoorError): HttpAnswer {
  const style = styleOf(door);
  const [status, body] = WORDS[style][error];
  const errorType = style === "rest" || style === "url" ? ERROR_TYPES[error] : undefined;
  return {
    status,
    headers: [
      ["content-type", contentTypeOf(body)],
      ...(errorType === undefined ? [] : [["x-amzn-ErrorType", errorType] as const]),
      ...(error === "throttled" ? [["retry-after", RETRY_AFTER_SECONDS] as const] : []),
    ],
    body: Buffer.from(body),
  };
}

/** The answer where no route fits. */
export const NO_ROUTE = doorError({ isFunctionUrl: false, payload: "2.0" }, "not_found");

/** The answer to a URL of a function that has none, or is not there. */
export const NO_FUNCTION_URL: HttpAnswer = {
  status: 403,
  headers: [
    ["content-type", "application/json"],
    ["x-amzn-ErrorType", "AccessDeniedException"],
  ],
  body: Buffer.from(lambdaJson(null)),
};

function styleOf({ isFunctionUrl, payload }: Pick<Door, "isFunctionUrl" | "payload">): Style {
  if (isFunctionUrl) return "url";
  return payload === "rest" || payload === "alb" ? payload : "http";
}

function contentTypeOf(body: string): string {
  if (body.startsWith("{")) return "application/json";
  return body.startsWith("<") ? "text/html" : "text/plain; charset=utf-8";
}
