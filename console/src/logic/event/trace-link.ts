import type { EventWay } from "../../../../src/admin-api/history/history.ts";
import { readTraceparent, traceIdOfUuid } from "../../../../src/domain/event/trace.ts";

/** The trace of an event. */
export interface EventTrace {
  readonly traceId: string;
  /** Where it is seen; undefined where nothing says, and for a trace that nobody recorded. */
  readonly url?: string;
}

/**
 * The trace of an event; undefined where it has none. A trace that is not sampled has the attempts that failed, and nothing
 * else. An event that came without a trace has its id as the trace id.
 *
 * @param template with `{traceId}` in place of the id.
 */
export function traceOfWay({ id, event, deliveries }: EventWay, template: string | undefined): EventTrace | undefined {
  const carried = event?.traceparent === undefined ? undefined : readTraceparent(event.traceparent);
  const hasFailed = deliveries.some(({ attempts }) => attempts.some(({ failure }) => failure !== undefined));
  const traceId = carried?.traceId ?? (hasFailed && template !== undefined ? traceIdOfUuid(id) : undefined);
  if (traceId === undefined) return undefined;
  if (template === undefined || !(hasFailed || carried?.isSampled === true)) return { traceId };
  return { traceId, url: template.replaceAll("{traceId}", traceId) };
}
