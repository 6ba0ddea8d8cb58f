import { CLOUDEVENT_CONTENT_TYPE, composeCloudEvent } from "../../domain/event/cloudevent.ts";
import type { FunctionConfig, FunctionKind } from "../../domain/target/function.ts";
import type { Invocation, Invoker } from "../../ports/functions/functions.ts";
import type { Limit } from "../../domain/limits.ts";
import { judgeAnswer } from "./http/answer.ts";
import { callHeaders } from "./http/call-headers.ts";
import { HttpCaller, hostAndPort } from "./http/exchange.ts";

/** A function that is an HTTP service. */
export type HttpFunction = FunctionConfig & { readonly run: Extract<FunctionKind, { kind: "http" }> };

/**
 * Calls an HTTP service by a POST of the payload, or of a CloudEvent in structured mode. A 2xx is success, and its body the
 * function's response. `timeoutSeconds` limits the whole exchange.
 */
export function httpInvoker(fn: HttpFunction, responseLimit?: Limit): Invoker {
  const url = new URL(fn.run.url);
  const from = hostAndPort(url);
  const caller = new HttpCaller({ connections: fn.concurrency, responseLimit, tls: fn.run.tls });
  const content = fn.run.format === "cloudevents" ? cloudEventContent : jsonContent;
  return {
    invoke: (invocation, signal) => {
      const { contentType, body } = content(invocation);
      const request = {
        origin: url.origin,
        from,
        path: url.pathname + url.search,
        method: "POST",
        headers: { ...callHeaders(invocation), "content-type": contentType },
        body,
        timeoutMs: fn.timeoutSeconds * 1_000,
      };
      return caller.exchange(request, judgeAnswer, signal);
    },
    close: () => caller.close(),
  };
}

interface Content {
  readonly contentType: string;
  readonly body: string | Buffer;
}

function jsonContent({ payload }: Invocation): Content {
  return { contentType: "application/json", body: payload };
}

function cloudEventContent({ id, payload, event }: Invocation): Content {
  const body = composeCloudEvent({ deliveryId: id, payloadJson: payload.toString(), event });
  return { contentType: CLOUDEVENT_CONTENT_TYPE, body };
}
