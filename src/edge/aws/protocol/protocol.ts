import type { IncomingMessage, ServerResponse } from "node:http";
import type { JsonObject } from "../../../json/json.ts";
import type { AwsErrorAnswer } from "../errors.ts";

/** How the requests of a service are read and its answers written. It knows none of the service's operations. */
export interface Protocol {
  /** Whether the service has requests at this path and query. */
  serves(url: string): boolean;
  /** The operation that a request names; undefined when it names none of this service. */
  operationName(request: IncomingMessage): string | undefined;
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
  readInput(body: Buffer): JsonObject;
  answer(response: ServerResponse, output: JsonObject, requestId: string): void;
  answerError(response: ServerResponse, error: AwsErrorAnswer, requestId: string): void;
}
