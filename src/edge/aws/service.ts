import type { ResourceGuard } from "../../domain/access/bus-policy.ts";
import type { JsonObject } from "../../json/json.ts";
import type { Caller } from "../http/auth/caller.ts";
import type { Arrival } from "../http/put-trace.ts";
import type { AwsError } from "./errors.ts";
import type { ConstraintError } from "./input/problems.ts";
import type { Shape } from "./input/shapes.ts";
import type { PayloadOutput, Protocol, WrittenOutput } from "./protocol/protocol.ts";

/** An AWS service as the entrance sees it: a protocol and a table of operations. */
export interface Service {
  /** Its name in the scope of signatures, and in policy actions before the colon. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly operations: ReadonlyMap<string, Operation>;
  /** The error of an input that violates constraints, where it is not `ValidationException`. */
  readonly constraintError?: ConstraintError;
  /** The error of an operation that is not in the table. */
  readonly unknownOperation?: (operationName: string) => AwsError;
}

/** What an operation knows of its request besides its input. */
export interface OperationCall {
  readonly arrival: Arrival;
  readonly caller: Caller;
  /** The id that the answer has. */
  readonly requestId: string;
  /** The request's body. Most operations have what they need of it in their input. */
  readonly body: Buffer;
  /** Called before an operation waits for long: from then on it does not count to its caller's share. */
  readonly endTurn: () => void;
}

/**
 * A row of a service's table. The policy action is `SERVICE:OPERATION`. With `resource` the entrance authorizes the caller
 * before it calls `handle`; without, the operation authorizes by itself and says with `admit` who may begin.
 */
export interface Operation<Input = unknown> {
  readonly input: Shape<Input>;
  /**
   * How long a body may be, where that is not the router's own limit, and the error of a longer one. Such a body stays
   * charged to its caller until `handle` has ended, also where the caller has gone before.
   */
  readonly bodyLimit?: { readonly bytesMax: number; readonly tooLong: () => AwsError };
  /** The policy action, where it is another operation's: a batch of messages is sent as one message is. */
  readonly action?: string;
  /** The ARN that the operation is about; `*` for nothing in particular. */
  resource?(input: Input): string;
  /** The policy that the resource has of its own. */
  guard?(input: Input): ResourceGuard | undefined;
  /**
   * Refuses callers who may do nothing of the kind, before the body is read.
   *
   * @throws Refusal
   */
  admit?(caller: Caller): void;
  /**
   * @returns the output.
   * @throws AwsError, Refusal
   */
  handle(input: Input, call: OperationCall): OperationOutput | Promise<OperationOutput>;
}

export type OperationOutput = JsonObject | PayloadOutput | WrittenOutput;

/** Writes a row: TypeScript infers what the handler is given from the shape of the input. */
export function operation<Input>(row: Operation<Input>): Operation {
  return row;
}
