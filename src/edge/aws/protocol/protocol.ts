import type { IncomingMessage, ServerResponse } from "node:http";
import type { JsonObject } from "../../../json/json.ts";
import type { AwsErrorAnswer } from "../errors.ts";

/** A request and its answer. */
export interface AwsExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  /** As far as it is known. */
  readonly operationName: string | undefined;
}

/** How the requests of a service are read and its answers written. It knows none of the service's operations. */
export interface Protocol {
  /** Whether the service has requests of this method at this path and query. */
  serves(request: Pick<IncomingMessage, "method" | "url">): boolean;
  /** The operation that a request names; undefined when it names none of this service. */
  operationName(request: IncomingMessage): string | undefined;
  /** Whether a request that names no operation is one of this protocol, whose bodies name it. */
  namesInBody?(request: IncomingMessage): boolean;
  /** The operation that such a body names. */
  operationInBody?(body: Buffer): string | undefined;
  /**
   * Checks what the headers say of the body, before it is read.
   *
   * @throws AwsError
   */
  checkHeaders(request: IncomingMessage): void;
  /**
   * Reads the input of an operation. Its members are not checked yet.
   *
   * @throws AwsError `SerializationException`
   */
  readInput(body: Buffer, request: IncomingMessage): JsonObject;
  answer(exchange: AwsExchange, output: JsonObject): void;
  answerError(exchange: AwsExchange, error: AwsErrorAnswer): void;
}
