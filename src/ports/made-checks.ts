import type { Identity } from "../domain/arn.ts";
import type { MadeApiDestination, MadeConnection } from "../domain/made/connection.ts";
import type { MadeMapping } from "../domain/made/mapping.ts";
import type { MadeTarget } from "../domain/made/made.ts";
import type { JsonObject } from "../json/json.ts";

/** Checks what is made over the API by the schemas that files are read by. Each says what is wrong, and undefined when nothing is. */
export interface MadeChecks {
  policyProblem(document: string): string | undefined;
  /** Of a queue's policy. */
  queuePolicyProblem(document: string): string | undefined;
  /** The words have nothing of the parameters in them. */
  connectionProblem(type: MadeConnection["authorizationType"], authParameters: JsonObject): string | undefined;
  /** Of what a target adds to calls and messages. */
  targetProblem(target: MadeTarget): string | undefined;
  /** Of an event source mapping, whatever it reads and calls. */
  mappingProblem(mapping: MadeMapping, identity: Identity): string | undefined;
  apiDestinationProblem(destination: MadeApiDestination): string | undefined;
}
