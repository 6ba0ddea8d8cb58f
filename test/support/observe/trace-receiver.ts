import { gunzipSync } from "node:zlib";
import type { ServerResponse } from "node:http";
import { z } from "zod";
import { eventually } from "../../contract/waiting.ts";
import type { TestServer } from "../http/http-target.ts";
import { serveHttp } from "../http/http-target.ts";

/** OTLP's trace service in JSON (opentelemetry-proto 1.x, trace.proto and common.proto): anything else is refused. */
const uint32 = z.int().min(0).max(0xffff_ffff);
const nanos = z.string().regex(/^[1-9]\d{17,18}$/);
const hex = (digits: number) => z.string().regex(new RegExp(`^(?!0+$)[0-9a-f]{${digits}}$`));
const value = z.union([
  z.strictObject({ stringValue: z.string() }),
  z.strictObject({ boolValue: z.boolean() }),
  z.strictObject({ intValue: z.union([z.int(), z.string().regex(/^-?\d+$/)]) }),
  z.strictObject({ doubleValue: z.number() }),
]);
const attributes = z.array(z.strictObject({ key: z.string().min(1), value }));
const dropped = uint32.optional();
const link = z.strictObject({
  traceId: hex(32),
  spanId: hex(16),
  traceState: z.string().optional(),
  attributes: attributes.optional(),
  droppedAttributesCount: dropped,
  flags: uint32,
});
const event = z.strictObject({
  name: z.string().min(1),
  timeUnixNano: nanos,
  attributes: attributes.optional(),
  droppedAttributesCount: dropped,
});
const span = z.strictObject({
  traceId: hex(32),
  spanId: hex(16),
  parentSpanId: hex(16).optional(),
  traceState: z.string().optional(),
  flags: uint32,
  name: z.string().min(1),
  kind: z.int().min(1).max(5),
  startTimeUnixNano: nanos,
  endTimeUnixNano: nanos,
  attributes,
  droppedAttributesCount: dropped,
  events: z.array(event),
  droppedEventsCount: dropped,
  links: z.array(link),
  droppedLinksCount: dropped,
  status: z.strictObject({ code: z.int().min(0).max(2), message: z.string().optional() }),
});
const scope = z.strictObject({
  name: z.string(),
  version: z.string().optional(),
  attributes: attributes.optional(),
  droppedAttributesCount: dropped,
});
const request = z.strictObject({
  resourceSpans: z.array(
    z.strictObject({
      resource: z.strictObject({
        attributes,
        droppedAttributesCount: dropped,
        schemaUrl: z.string().optional(),
        entityRefs: z.array(z.never()).optional(),
      }),
      scopeSpans: z.array(z.strictObject({ scope, spans: z.array(span), schemaUrl: z.string().optional() })),
      schemaUrl: z.string().optional(),
    }),
  ),
});

const KINDS = ["unspecified", "internal", "server", "client", "producer", "consumer"];

/** A span as it was received. */
export interface ReceivedSpan {
  readonly service: string;
  readonly scope: string;
  readonly schemaUrl: string | undefined;
  readonly name: string;
  readonly kind: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly traceState: string | undefined;
  readonly startMs: number;
  readonly endMs: number;
  readonly isError: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly string[];
  /** `TRACE-SPAN` of each. */
  readonly links: readonly string[];
}

/** How a receiver answers an export; by default it takes it. */
type Answer = (response: ServerResponse) => void;

const take: Answer = (response) => response.setHeader("content-type", "application/json").end("{}");

/** A trace backend that takes OTLP over HTTP in JSON, and refuses what is not exactly that. */
export class TraceReceiver {
  readonly spans: ReceivedSpan[] = [];
  /** Each request's body, as it was sent. */
  readonly bodies: string[] = [];
  readonly problems: string[] = [];
  readonly #server: TestServer;
  answer: Answer = take;

  private constructor(server: TestServer) {
    this.#server = server;
  }

  static async start(): Promise<TraceReceiver> {
    const server = await serveHttp((incoming, response) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("end", () => {
        const bytes = Buffer.concat(chunks);
        const body = (incoming.headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes).toString();
        receiver.#receive(`${incoming.method} ${incoming.url} ${incoming.headers["content-type"]}`, body);
        receiver.answer(response);
      });
    });
    const receiver: TraceReceiver = new TraceReceiver(server);
    return receiver;
  }

  get url(): string {
    return this.#server.url.replace(/\/$/, "");
  }

  /** Waits for all spans that fit, and returns them in the order in which they began. */
  async wait(count: number, fits: (span: ReceivedSpan) => boolean): Promise<readonly ReceivedSpan[]> {
    const found = (): ReceivedSpan[] => this.spans.filter(fits);
    await eventually(
      `${count} spans`,
      () => {
        if (this.problems.length > 0) throw new Error(this.problems.join("\n"));
        return found().length >= count;
      },
      30_000,
    );
    return found().toSorted((a, b) => a.startMs - b.startMs);
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }

  #receive(line: string, body: string): void {
    this.bodies.push(body);
    if (line !== "POST /v1/traces application/json") this.problems.push(`unexpected ${line}`);
    const read = request.safeParse(JSON.parse(body));
    if (!read.success) this.problems.push(z.prettifyError(read.error));
    for (const { resource, scopeSpans } of read.data?.resourceSpans ?? []) {
      const service = String(recordOf(resource.attributes)["service.name"]);
      for (const { scope, spans, schemaUrl } of scopeSpans)
        for (const one of spans) this.spans.push(receivedSpan(one, { service, scope: scope.name, schemaUrl }));
    }
  }
}

function receivedSpan(
  one: z.output<typeof span>,
  from: Pick<ReceivedSpan, "service" | "scope" | "schemaUrl">,
): ReceivedSpan {
  return {
    ...from,
    name: one.name,
    kind: KINDS[one.kind] ?? "",
    traceId: one.traceId,
    spanId: one.spanId,
    parentSpanId: one.parentSpanId,
    traceState: one.traceState,
    startMs: Number(BigInt(one.startTimeUnixNano) / 1_000_000n),
    endMs: Number(BigInt(one.endTimeUnixNano) / 1_000_000n),
    isError: one.status.code === 2,
    attributes: recordOf(one.attributes),
    events: one.events.map(({ name }) => name),
    links: one.links.map(({ traceId, spanId }) => `${traceId}-${spanId}`),
  };
}

function recordOf(list: z.output<typeof attributes>): Record<string, unknown> {
  return Object.fromEntries(list.map(({ key, value: one }) => [key, Object.values(one)[0]]));
}
