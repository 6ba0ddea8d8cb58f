import type { Json, JsonObject } from "../../json/json.ts";
import { isJsonObject } from "../../json/json.ts";

/** The media type of a CloudEvent that `composeCloudEvent` makes. */
export const CLOUDEVENT_CONTENT_TYPE = "application/cloudevents+json";

/** A payload for a target, and the event that it was made from. */
export interface CloudEventParts {
  readonly deliveryId: string;
  readonly payloadJson: string;
  /** Undefined when the payload is a function's record. */
  readonly event: JsonObject | undefined;
}

/**
 * A CloudEvents 1.0 event in JSON format, for structured mode (CloudEvents JSON event format, section 3).
 *
 * An event that came as a CloudEvent keeps its own attributes, extensions included, and its data. For any other event,
 * the attributes are its id, source, detail-type, time and first resource, and the data is its detail. A payload of
 * `input`, `inputPath` or `inputTransformer` is the data in both cases.
 *
 * @returns JSON text. The detail and the payload stand in it letter for letter, so numbers keep their spelling.
 */
export function composeCloudEvent({ deliveryId, payloadJson, event }: CloudEventParts): string {
  if (event === undefined) return withData(recordAttributes(deliveryId, payloadJson), payloadJson);
  const cloudevent = isJsonObject(event["cloudevent"]) ? event["cloudevent"] : undefined;
  const attributes = cloudevent === undefined ? eventAttributes(event) : ownAttributes(event, cloudevent);
  const detailJson = detailText(event, payloadJson);
  if (detailJson === undefined) return withData(describingPayload(attributes), payloadJson);
  return cloudevent === undefined ? withData(attributes, detailJson) : withOwnData(attributes, event, detailJson);
}

/** The schema and content type of replaced data do not describe the payload. */
function describingPayload(attributes: JsonObject): JsonObject {
  const rest = Object.entries(attributes).filter(([name]) => name !== "dataschema");
  return { ...Object.fromEntries(rest), datacontenttype: "application/json" };
}

function eventAttributes(event: JsonObject): JsonObject {
  const resources = event["resources"];
  const subject = Array.isArray(resources) ? (resources[0] as Json | undefined) : undefined;
  return {
    ...requiredAttributes(event),
    ...(event["time"] === undefined ? {} : { time: event["time"] }),
    ...(typeof subject === "string" && subject !== "" ? { subject } : {}),
    datacontenttype: "application/json",
  };
}

/**
 * Its own attributes win: its time may have a fraction, which the event's has not, and absent attributes stay absent.
 */
function ownAttributes(event: JsonObject, cloudevent: JsonObject): JsonObject {
  return { ...requiredAttributes(event), ...cloudevent };
}

function requiredAttributes(event: JsonObject): JsonObject {
  const { id = "", source = "", "detail-type": type = "" } = event;
  return { specversion: "1.0", id, source: uriReference(source), type };
}

/**
 * A CloudEvent's source is a URI reference, an event's any text: characters that a URI cannot hold are percent-encoded.
 */
function uriReference(source: Json): Json {
  if (typeof source !== "string") return source;
  return source.toWellFormed().replace(/[^\x21-\x7e]|["<>\\^`{|}]/gu, encodeURIComponent);
}

/** A record has no envelope: its attributes are those of its event on a bus, with the delivery's id. */
function recordAttributes(deliveryId: string, recordJson: string): JsonObject {
  const record: unknown = JSON.parse(recordJson);
  const context = isJsonObject(record) ? record["requestContext"] : undefined;
  const { condition, functionArn } = isJsonObject(context) ? context : {};
  return {
    specversion: "1.0",
    id: deliveryId,
    source: "lambda",
    type: `Lambda Function Invocation Result - ${condition === "Success" ? "Success" : "Failure"}`,
    ...(typeof functionArn === "string" ? { subject: functionArn } : {}),
    datacontenttype: "application/json",
  };
}

/**
 * The text of the event's detail when the payload is the event itself; undefined for any other payload. The detail is
 * an event's last field, and the fields before it are printed as they were parsed, so texts can be compared.
 */
function detailText(event: JsonObject, payloadJson: string): string | undefined {
  const envelope = Object.fromEntries(Object.entries(event).filter(([name]) => name !== "detail"));
  const head = `${JSON.stringify(envelope).slice(0, -1)},"detail":`;
  return payloadJson.startsWith(head) ? payloadJson.slice(head.length, -1) : undefined;
}

/**
 * Restores a CloudEvent's data. Data that was no object was wrapped as `{"data": …}`, binary data as `{"data_base64":
 * …}`. An object that looks just like such a wrapping is unwrapped too: the two cannot be distinguished.
 */
function withOwnData(attributes: JsonObject, event: JsonObject, detailJson: string): string {
  const detail = isJsonObject(event["detail"]) ? event["detail"] : {};
  const [only, ...others] = Object.entries(detail);
  if (only === undefined || others.length > 0) return withData(attributes, detailJson);
  const [name, value] = only;
  if (name === "data_base64" && typeof value === "string") return JSON.stringify({ ...attributes, data_base64: value });
  return withData(attributes, name === "data" && !isJsonObject(value) ? JSON.stringify(value) : detailJson);
}

function withData(attributes: JsonObject, dataJson: string): string {
  return `${JSON.stringify(attributes).slice(0, -1)},"data":${dataJson}}`;
}
