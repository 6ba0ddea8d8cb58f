import type { IncomingMessage } from "node:http";
import type { Protocol } from "./protocol.ts";

/** A service with two protocols: a request that neither names an operation of the first nor is of its kind is the second's. */
export function eitherProtocol(first: Protocol, second: Protocol): Protocol {
  const of = (request: IncomingMessage): Protocol =>
    first.operationName(request) === undefined && second.namesInBody?.(request) === true ? second : first;
  return {
    serves: (request) => first.serves(request) || second.serves(request),
    operationName: (request) => first.operationName(request) ?? second.operationName(request),
    namesInBody: (request) => of(request) === second,
    operationInBody: (body) => second.operationInBody?.(body),
    checkHeaders: (request) => of(request).checkHeaders(request),
    readInput: (body, request) => of(request).readInput(body, request),
    answer: (exchange, output) => of(exchange.request).answer(exchange, output),
    answerError: (exchange, error) => of(exchange.request).answerError(exchange, error),
  };
}
