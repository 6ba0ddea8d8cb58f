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

/** What an operation answers that is bytes, and not a JSON object: the protocol adds nothing but the request's id. */
export class PayloadOutput {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Buffer;

  constructor(status: number, headers: Readonly<Record<string, string>> = {}, payload: Buffer = Buffer.alloc(0)) {
    this.status = status;
    this.headers = headers;
    this.payload = payload;
  }

  answer({ response, requestId }: AwsExchange): void {
    // A 204 has no body, and no length of one.
    const length = this.status === 204 ? {} : { "content-length": String(this.payload.length) };
    response.writeHead(this.status, { ...this.headers, ...length, "x-amzn-RequestId": requestId }).end(this.payload);
  }
}

/** What an operation answers that has written its answer by itself, and ended it. */
export class WrittenOutput {
  readonly isWritten = true;
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
