/**
 * The two spellings of a trace position: W3C's `traceparent`, which is kept, and X-Ray's header, which AWS clients and
 * handlers use. And `tracestate`, which travels with the first.
 */

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const XRAY_ROOT = /^1-([0-9a-f]{8})-([0-9a-f]{24})$/;
const TRACE_ID = /^[0-9a-f]{32}$/;
const SPAN_ID = /^[0-9a-f]{16}$/;
const ALL_ZEROS = /^0+$/;

/** As many as each hop has to pass on (W3C Trace Context, section 3.3.1.5). */
const TRACESTATE_BYTES_MAX = 512;
const TRACESTATE_MEMBERS_MAX = 32;
/** Section 3.3.1.3: a vendor's key, and a value in printable ASCII without `,` and `=`. */
const TRACESTATE_MEMBER = /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{1,256}$/;

/** A trace context as it travels: what W3C's two headers hold. */
export interface TraceContext {
  readonly traceparent: string;
  /** What vendors add to it. It means nothing without the other. */
  readonly tracestate?: string;
}

/** A position in a trace: ids are lower-case hexadecimal digits. */
export interface SpanRef {
  readonly traceId: string;
  readonly spanId: string;
}

/** The position in a trace that a `traceparent` names. Flags are two lower-case hexadecimal digits. */
export interface TracePosition extends SpanRef {
  readonly flags: string;
  /** Whether the trace is recorded, as far as its sender knew. */
  readonly isSampled: boolean;
}

/**
 * Reads a `traceparent` (W3C Trace Context, section 3.2); undefined when it is not usable. Version `ff` is forbidden,
 * only later versions may have more fields, and an id of zeros is no id.
 */
export function readTraceparent(text: string): TracePosition | undefined {
  const [, version, traceId = "", spanId = "", flags = "", more] = TRACEPARENT.exec(text) ?? [];
  if (version === undefined || version === "ff" || (version === "00" && more !== undefined)) return undefined;
  if (ALL_ZEROS.test(traceId) || ALL_ZEROS.test(spanId)) return undefined;
  return { traceId, spanId, flags, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** Writes a `traceparent`. */
export function traceparentOf({ traceId, spanId }: SpanRef, isSampled: boolean): string {
  return `00-${traceId}-${spanId}-${isSampled ? "01" : "00"}`;
}

/**
 * Reads a `tracestate`: as much from its beginning, where the newest members stand, as each hop has to pass on. Undefined
 * when it is malformed, or empty.
 */
export function readTracestate(text: string): string | undefined {
  const members = text.split(",").flatMap((member) => member.trim() || []);
  if (!members.every((member) => TRACESTATE_MEMBER.test(member))) return undefined;
  let kept = "";
  for (const member of members.slice(0, TRACESTATE_MEMBERS_MAX)) {
    const longer = kept === "" ? member : `${kept},${member}`;
    if (longer.length > TRACESTATE_BYTES_MAX) break;
    kept = longer;
  }
  return kept === "" ? undefined : kept;
}

interface Carrier {
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
}

/** The trace context that something carries, to be carried on. */
export function traceOf({ traceparent, tracestate }: Carrier): Partial<TraceContext> {
  if (traceparent === undefined) return {};
  return tracestate === undefined ? { traceparent } : { traceparent, tracestate };
}

/** Whether a text is a usable `traceparent`. */
export function isTraceparent(text: string): boolean {
  return readTraceparent(text) !== undefined;
}

/**
 * Reads an X-Ray header, `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`, as a
 * `traceparent`; undefined when it is malformed. A root without a parent gets the end of its own trace id as the
 * parent, which a `traceparent` must have.
 */
export function traceparentOfXRay(header: string): string | undefined {
  const fields = xRayFields(header.toLowerCase());
  const [, epoch, unique] = XRAY_ROOT.exec(fields.get("root") ?? "") ?? [];
  if (epoch === undefined || unique === undefined) return undefined;
  const parent = fields.get("parent");
  const spanId = parent !== undefined && SPAN_ID.test(parent) ? parent : unique.slice(-16);
  const traceparent = `00-${epoch}${unique}-${spanId}-${fields.get("sampled") === "1" ? "01" : "00"}`;
  return isTraceparent(traceparent) ? traceparent : undefined;
}

/** Writes a `traceparent` as an X-Ray header; undefined when it is not a usable `traceparent`. */
export function xRayOfTraceparent(traceparent: string): string | undefined {
  const position = readTraceparent(traceparent);
  if (position === undefined) return undefined;
  const { traceId, spanId, isSampled } = position;
  return `Root=1-${traceId.slice(0, 8)}-${traceId.slice(8)};Parent=${spanId};Sampled=${isSampled ? 1 : 0}`;
}

/** The trace id that the digits of a UUID make; undefined when the text is no UUID. */
export function traceIdOfUuid(uuid: string): string | undefined {
  const hex = uuid.replaceAll("-", "");
  return uuid.length === 36 && TRACE_ID.test(hex) && !ALL_ZEROS.test(hex) ? hex : undefined;
}

/**
 * The X-Ray header for a delivery whose event has no trace, since Lambda gives every invocation one. The delivery id
 * serves as the trace id, so that all attempts share it. It is not sampled. Undefined when the id is no UUID.
 */
export function xRayOfDelivery(id: string): string | undefined {
  const hex = id.replaceAll("-", "");
  return TRACE_ID.test(hex) ? `Root=1-${hex.slice(0, 8)}-${hex.slice(8)};Parent=${hex.slice(16)};Sampled=0` : undefined;
}

function xRayFields(header: string): ReadonlyMap<string, string> {
  const pairs = header.split(";").map((field) => field.trim().split("=", 2));
  return new Map(pairs.map(([name = "", value = ""]) => [name, value]));
}
