import type { Identity } from "../../domain/arn.ts";
import type { Config } from "../../domain/config.ts";
import type { Delivery } from "../../domain/delivery/delivery.ts";
import { withAttemptNumber } from "../../domain/schedule/payload.ts";
import type { HttpParameters } from "../../domain/target/http-parameters.ts";
import { renderHttpParameters } from "../../domain/target/http-parameters.ts";
import type { Target } from "../../domain/target/target.ts";
import { tryParseExactly } from "../../json/exact-json.ts";
import type { JsonObject } from "../../json/json.ts";
import { isJsonObject } from "../../json/json.ts";
import { render } from "../route/render.ts";

/** What a target is given. */
export interface Payload {
  readonly ok: true;
  readonly payload: Buffer;
  /** The event that it was made of, for those who want that as well. */
  readonly event?: JsonObject;
  /** What the target adds to the call of an API destination. */
  readonly http?: HttpParameters;
}

type Rendered = Payload | { readonly ok: false; readonly message: string };

/** Renders what the target of a delivery is given, and what is added to the call. A failure is a `template_error`. */
export function payloadOf(
  delivery: Delivery,
  target: Target | undefined,
  { config, identity }: { readonly config: Config; readonly identity: Identity },
): Rendered {
  const rendered = bodyOf(delivery, target, config, identity);
  if (!rendered.ok || target?.httpParameters === undefined) return rendered;
  const made = renderHttpParameters(target.httpParameters, () => eventOf(delivery));
  return made.ok ? { ...rendered, http: made.parameters } : made;
}

/**
 * The bytes of the delivery are given as they are where nothing else is made of them: a whole event, a record on its
 * way from one function to another, a payload that is redriven. Only what is made of them needs their text.
 */
function bodyOf(delivery: Delivery, target: Target | undefined, config: Config, identity: Identity): Rendered {
  const { body, rendered, origin, firstAtMs, acceptedAtMs = firstAtMs } = delivery;
  if (delivery.test !== undefined) return { ok: true, payload: body, ...eventOfTest(delivery, config) };
  if (delivery.schedule !== undefined) return { ok: true, payload: withAttemptNumber(body, delivery.attempt) };
  if (origin === undefined || target === undefined) return { ok: true, payload: body };
  try {
    const wanted = wantsEvent(delivery, config);
    if (rendered !== undefined) {
      const { eventJson } = rendered;
      return {
        ok: true,
        payload: body,
        ...(wanted && eventJson !== undefined ? { event: parseEvent(eventJson) } : {}),
      };
    }
    const event = wanted ? { event: parseEvent(body.toString()) } : {};
    if (target.input.kind === "event") return { ok: true, payload: body, ...event };
    const made = render(target.input, { json: body.toString(), origin, acceptedAtMs, identity });
    return made.ok ? { ok: true, payload: Buffer.from(made.json), ...event } : made;
  } catch (error) {
    return { ok: false, message: `the event could not be read: ${String(error)}` };
  }
}

/** The event of a delivery; undefined where a payload is redriven whose event was too long to be kept. */
function eventOf({ body, rendered }: Delivery): JsonObject | undefined {
  const json = rendered === undefined ? body.toString() : rendered.eventJson;
  const event = json === undefined ? undefined : tryParseExactly(json);
  return isJsonObject(event) ? event : undefined;
}

/** A test of a function that takes CloudEvents gives it one, made of the payload where that is an event. */
function eventOfTest(delivery: Delivery, config: Config): Pick<Payload, "event"> {
  if (!wantsEvent(delivery, config)) return {};
  const event = tryParseExactly(delivery.body.toString());
  const isEvent = isJsonObject(event) && typeof event["source"] === "string" && isJsonObject(event["detail"]);
  return isEvent ? { event } : {};
}

/** Only a CloudEvent is made of the event besides the payload; for all others it need not be parsed. */
function wantsEvent({ destination }: Delivery, config: Config): boolean {
  if (destination.kind !== "function") return false;
  const run = config.functions.get(destination.name)?.run;
  return run?.kind === "http" && run.format === "cloudevents";
}

function parseEvent(json: string): JsonObject {
  const value: unknown = JSON.parse(json);
  if (!isJsonObject(value)) throw new Error("it is not a JSON object");
  return value;
}
