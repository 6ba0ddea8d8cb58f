import { tryParseExactly } from "../../../json/exact-json.ts";
import type { Json, JsonObject } from "../../../json/json.ts";
import { isJsonObject, isRawNumber } from "../../../json/json.ts";
import type { Door } from "../door.ts";
import type { HttpAnswer } from "./http-answer.ts";
import { sendableHeaders, withDefault } from "./http-answer.ts";

type Pairs = readonly (readonly [name: string, value: string])[];

/** What comes before the body. */
export type DoorAnswerHead = Pick<HttpAnswer, "status" | "headers">;

/** The members that the answer to a REST API may have. */
const REST_MEMBERS = new Set(["statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"]);

const JSON_TYPE = "application/json";
const BYTES_TYPE = "application/octet-stream";
const TEXT_TYPE = "text/plain; charset=utf-8";

/**
 * What a function answers, as HTTP. Payload 2.0 infers an answer from a result without a `statusCode`; the others have none
 * then.
 *
 * @param responseJson undefined where the function answered with nothing.
 * @returns undefined where it is no answer.
 */
export function functionAnswer(
  { payload, isFunctionUrl }: Pick<Door, "payload" | "isFunctionUrl">,
  responseJson: string | undefined,
): HttpAnswer | undefined {
  const result = responseJson === undefined ? undefined : tryParseExactly(responseJson);
  const isStructured = result !== undefined && isJsonObject(result) && Object.hasOwn(result, "statusCode");
  if (payload === "2.0" && !isStructured) return inferred(result);
  if (result === undefined || !isJsonObject(result)) return undefined;
  if (payload === "rest" && !isRestAnswer(result)) return undefined;
  return structured(result, payload, defaultType(payload, isFunctionUrl));
}

/** The head of an answer that a function streams, which begins with it as JSON. Undefined where it is none. */
export function streamedHead(json: string): DoorAnswerHead | undefined {
  const head = tryParseExactly(json);
  if (head === undefined || !isJsonObject(head)) return undefined;
  return structured({ statusCode: 200, ...head, body: "" }, "2.0", BYTES_TYPE);
}

function inferred(result: Json | undefined): HttpAnswer {
  const text = typeof result === "string" ? result : result === undefined ? "" : JSON.stringify(result);
  return { status: 200, headers: [["content-type", JSON_TYPE]], body: Buffer.from(text) };
}

function structured(result: JsonObject, payload: Door["payload"], contentType: string | undefined) {
  const status = statusOf(result["statusCode"], payload);
  const pairs = headersOf(result, payload);
  const body = bodyOf(result);
  if (status === undefined || pairs === undefined || body === undefined) return undefined;
  const headers = sendableHeaders(pairs);
  if (headers === undefined) return undefined;
  return {
    status,
    headers: contentType === undefined ? headers : withDefault(headers, "content-type", contentType),
    body,
  };
}

/** REST APIs and HTTP APIs have another default each, and payload 1.0 and load balancers none. */
function defaultType(payload: Door["payload"], isFunctionUrl: boolean): string | undefined {
  if (payload === "rest" || isFunctionUrl) return JSON_TYPE;
  return payload === "2.0" ? TEXT_TYPE : undefined;
}

/** REST APIs take an answer with headers alone, and none with nothing or anything else in it. */
function isRestAnswer(result: JsonObject): boolean {
  const names = Object.keys(result);
  return names.length > 0 && names.every((name) => REST_MEMBERS.has(name));
}

/** Below 200 an answer would be none yet. */
function statusOf(value: Json | undefined, payload: Door["payload"]): number | undefined {
  if (value === undefined) return payload === "rest" ? 200 : undefined;
  const status = typeof value === "string" && /^\d{3}$/.test(value) ? Number(value) : value;
  if (typeof status !== "number" || !Number.isInteger(status)) return undefined;
  return status >= 200 && status <= 599 ? status : undefined;
}

function headersOf(result: JsonObject, payload: Door["payload"]): Pairs | undefined {
  const single = singleHeaders(result["headers"]);
  const cookies = payload === "2.0" ? cookieHeaders(result["cookies"]) : [];
  const multiple =
    payload === "2.0" ? new Map<string, readonly [string, string[]]>() : multipleHeaders(result["multiValueHeaders"]);
  if (single === undefined || cookies === undefined || multiple === undefined) return undefined;
  const alone: [string, string][] = [];
  for (const [name, value] of single) {
    const several = multiple.get(name.toLowerCase());
    if (several === undefined) alone.push([name, value]);
    else if (!several[1].includes(value)) several[1].push(value);
  }
  const merged = [...multiple.values()].flatMap(([name, values]) => values.map((value) => [name, value] as const));
  return [...alone, ...merged, ...cookies];
}

function singleHeaders(value: Json | undefined): Pairs | undefined {
  if (value === undefined || value === null) return [];
  if (!isJsonObject(value)) return undefined;
  const pairs = Object.entries(value).filter(([, each]) => each !== null);
  const texts = pairs.map(([name, each]) => [name, scalarText(each)] as const);
  return texts.every((pair): pair is readonly [string, string] => pair[1] !== undefined) ? texts : undefined;
}

/** By their names in lower case, each as it was written first. */
function multipleHeaders(value: Json | undefined): Map<string, readonly [string, string[]]> | undefined {
  const all = new Map<string, readonly [string, string[]]>();
  if (value === undefined || value === null) return all;
  if (!isJsonObject(value)) return undefined;
  for (const [name, values] of Object.entries(value)) {
    if (!Array.isArray(values)) return undefined;
    const texts = (values as readonly Json[]).map(scalarText);
    if (!texts.every((text): text is string => text !== undefined)) return undefined;
    all.set(name.toLowerCase(), [name, texts]);
  }
  return all;
}

function cookieHeaders(value: Json | undefined): Pairs | undefined {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return undefined;
  const texts = (value as readonly Json[]).map(scalarText);
  if (!texts.every((text): text is string => text !== undefined)) return undefined;
  return texts.map((text) => ["set-cookie", text] as const);
}

function scalarText(value: Json): string | undefined {
  if (typeof value === "string") return value;
  if (isRawNumber(value)) return value.rawJSON;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

function bodyOf({ body, isBase64Encoded }: JsonObject): Buffer | undefined {
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (typeof body === "string") return Buffer.from(body, isBase64Encoded === true ? "base64" : "utf8");
  // Handlers forget to write their JSON as a text. AWS refuses that, and so does a load balancer.
  return undefined;
}
