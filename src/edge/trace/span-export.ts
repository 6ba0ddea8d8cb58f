import type { HrTime, Link, SpanContext } from "@opentelemetry/api";
import { SpanKind as Kind, SpanStatusCode, TraceFlags } from "@opentelemetry/api";
import { ExportResultCode, TraceState } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import type { Resource } from "@opentelemetry/resources";
import {
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from "@opentelemetry/resources";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { BatchSpanProcessor } from "@opentelemetry/sdk-trace";
import { waitFor } from "../../async/time-limit.ts";
import { SCHEMA_URL } from "./conventions.ts";
import type { Span, SpanKind } from "./span.ts";

export interface SpanExportOptions {
  /** Busbar's. */
  readonly version: string;
  /** What this router is called. */
  readonly router: string;
  /** How many spans may wait, those on their way included. */
  readonly queueMax: number;
  readonly batchMax: number;
  readonly delayMs: number;
  readonly onExported: (count: number) => void;
  /** @param error why they could not be sent; undefined where there was no room for them. */
  readonly onDropped: (count: number, error?: unknown) => void;
}

/**
 * Sends spans by OTLP in JSON, to where the `OTEL_EXPORTER_OTLP_*` variables say. Whatever becomes of that, writing a
 * span never throws and never waits. What cannot be sent is dropped.
 */
export class SpanExport {
  readonly #options: SpanExportOptions;
  readonly #exporter = new OTLPTraceExporter();
  readonly #processor: BatchSpanProcessor;
  readonly #scope: ReadableSpan["instrumentationScope"];
  readonly #resource: Resource;
  /** Spans that were written, and neither sent nor dropped yet. */
  #held = 0;
  #isStopped = false;

  constructor(options: SpanExportOptions) {
    const { version, router, queueMax, batchMax, delayMs } = options;
    this.#options = options;
    this.#scope = { name: "busbar", version, schemaUrl: SCHEMA_URL };
    this.#resource = defaultResource()
      .merge(
        resourceFromAttributes({ "service.name": "busbar", "service.version": version, "service.instance.id": router }),
      )
      .merge(detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] }));
    this.#processor = new BatchSpanProcessor({
      exporter: {
        export: (spans, done) => this.#export(spans, done),
        shutdown: () => this.#exporter.shutdown(),
      },
      // It drops in silence. With room for all that may be held, it has nothing to drop.
      maxQueueSize: queueMax,
      maxExportBatchSize: Math.min(batchMax, queueMax),
      scheduledDelayMillis: delayMs,
    });
  }

  write(span: Span): void {
    if (this.#isStopped || this.#held >= this.#options.queueMax) return this.#options.onDropped(1);
    this.#held += 1;
    this.#processor.onEnd(new FinishedSpan(span, this.#resource, this.#scope));
  }

  /** Sends what is held, for so long at most. */
  async stop(limitMs: number): Promise<void> {
    await waitFor(
      this.#processor.shutdown().catch(() => undefined),
      limitMs,
    );
    this.#isStopped = true;
    if (this.#held > 0) this.#options.onDropped(this.#held);
  }

  #export(spans: ReadableSpan[], done: Parameters<OTLPTraceExporter["export"]>[1]): void {
    const ended: typeof done = (result) => {
      if (!this.#isStopped) {
        this.#held -= spans.length;
        if (result.code === ExportResultCode.SUCCESS) this.#options.onExported(spans.length);
        else this.#options.onDropped(spans.length, result.error ?? new Error("the spans were not taken"));
      }
      done(result);
    };
    try {
      this.#exporter.export(spans, ended);
    } catch (error) {
      ended({ code: ExportResultCode.FAILED, error: error instanceof Error ? error : new Error(String(error)) });
    }
  }
}

const KINDS: Readonly<Record<SpanKind, Kind>> = {
  server: Kind.SERVER,
  client: Kind.CLIENT,
  producer: Kind.PRODUCER,
  consumer: Kind.CONSUMER,
};

/** A span in the SDK's form. It is written down after the fact, so there is no tracer that could have made it. */
class FinishedSpan implements ReadableSpan {
  readonly name: string;
  readonly kind: Kind;
  readonly parentSpanContext?: SpanContext;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly duration: HrTime;
  readonly status: ReadableSpan["status"];
  readonly attributes: ReadableSpan["attributes"];
  readonly links: Link[];
  readonly events: ReadableSpan["events"];
  readonly resource: Resource;
  readonly instrumentationScope: ReadableSpan["instrumentationScope"];
  readonly ended = true;
  readonly droppedAttributesCount = 0;
  readonly droppedEventsCount = 0;
  readonly droppedLinksCount = 0;
  readonly #context: SpanContext;

  constructor(span: Span, resource: Resource, scope: ReadableSpan["instrumentationScope"]) {
    const { traceId, spanId, parentSpanId, isParentRemote = false, tracestate, startMs, endMs, errorType } = span;
    const traceState = tracestate === undefined ? undefined : new TraceState(tracestate);
    // What is written is to be sent, whether it was sampled or failed.
    const shared = { traceId, traceFlags: TraceFlags.SAMPLED, ...(traceState === undefined ? {} : { traceState }) };
    this.#context = { ...shared, spanId };
    if (parentSpanId !== undefined)
      this.parentSpanContext = { ...shared, spanId: parentSpanId, isRemote: isParentRemote };
    this.name = span.name;
    this.kind = KINDS[span.kind];
    this.startTime = hrTime(startMs);
    this.endTime = hrTime(endMs);
    this.duration = hrTime(endMs - startMs);
    this.status = { code: errorType === undefined ? SpanStatusCode.UNSET : SpanStatusCode.ERROR };
    this.attributes = errorType === undefined ? span.attributes : { ...span.attributes, "error.type": errorType };
    this.links = span.links.map(({ isSampled, ...ref }) => ({
      context: { ...ref, traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE, isRemote: true },
    }));
    this.events = (span.events ?? []).map(({ name, atMs, attributes }) => ({ name, time: hrTime(atMs), attributes }));
    this.resource = resource;
    this.instrumentationScope = scope;
  }

  spanContext(): SpanContext {
    return this.#context;
  }
}

/** Seconds and nanoseconds. */
function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1_000_000)];
}
