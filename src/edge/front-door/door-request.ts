import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import type { TraceContext } from "../../domain/event/trace.ts";
import { addressOf } from "../http/auth/caller.ts";
import { traceOfHeaders } from "../http/headers.ts";

/** Headers that are about one connection (RFC 9110, section 7.6.1). They are never passed on. */
export const CONNECTION_HEADERS: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** A request as events have it: nothing in it is decoded. */
export interface DoorRequest {
  /** The invocation's id, too. */
  readonly id: string;
  readonly method: string;
  /** As it was sent, without the query. */
  readonly rawPath: string;
  /** Without `?`. */
  readonly rawQuery: string;
  /** In the order and the letters in which they were sent, without those of the connection. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** In lower case, without a port; empty where it names none. */
  readonly host: string;
  readonly protocol: string;
  /** Of the connection. A proxy's header may be anybody's. */
  readonly sourceIp: string;
  readonly isTls: boolean;
  readonly localPort: number;
  /** The trace that the sender is in. */
  readonly trace: TraceContext | undefined;
  /** Epoch milliseconds. */
  readonly receivedAtMs: number;
}

export function readDoorRequest(request: IncomingMessage, id: string, receivedAtMs: number): DoorRequest {
  const { url = "/", method = "GET", httpVersion, socket, headers } = request;
  const mark = url.indexOf("?");
  const path = mark === -1 ? url : url.slice(0, mark);
  return {
    id,
    method,
    // A request to a proxy names a whole URL, and OPTIONS may name `*`.
    rawPath: path.startsWith("/") ? path : "/",
    rawQuery: mark === -1 ? "" : url.slice(mark + 1),
    headers: headerPairs(request),
    host: (headers.host ?? "").toLowerCase().replace(/:\d*$/, ""),
    protocol: `HTTP/${httpVersion}`,
    sourceIp: addressOf(request),
    isTls: socket instanceof TLSSocket,
    localPort: socket.localPort ?? 0,
    trace: traceOfHeaders(headers),
    receivedAtMs,
  };
}

function headerPairs({ rawHeaders }: IncomingMessage): readonly (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = "", value = ""] = rawHeaders.slice(at, at + 2);
    if (!CONNECTION_HEADERS.has(name.toLowerCase())) pairs.push([name, value]);
  }
  return pairs;
}

/** The value of a header; those of several are joined. The name is in lower case. */
export function headerOf({ headers }: Pick<DoorRequest, "headers">, name: string): string | undefined {
  const values = headers.filter(([given]) => given.toLowerCase() === name).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(",");
}

/** The parameters of a query, decoded, in order: `+` is a space. */
export function queryPairs({ rawQuery }: Pick<DoorRequest, "rawQuery">): readonly (readonly [string, string])[] {
  return [...new URLSearchParams(rawQuery)];
}
