import type { IncomingMessage, ServerResponse } from "node:http";
import type { Identity } from "../../domain/arn.ts";
import { INVOKE_URL_ACTION } from "../../domain/access/actions.ts";
import { functionArn } from "../../domain/arn.ts";
import type { Config } from "../../domain/config.ts";
import type { AccessObserver } from "../../ports/access-observer.ts";
import type { FunctionCalls } from "../../ports/functions/function-calls.ts";
import { addressShare } from "../http/auth/address-share.ts";
import type { Authenticator } from "../http/auth/authenticator.ts";
import type { Caller } from "../http/auth/caller.ts";
import { Refusal, TooManyRequests } from "../http/auth/refusal.ts";
import { readSignature } from "../http/auth/signed-request.ts";
import type { BodyRefusal } from "../http/body.ts";
import { readBody } from "../http/body.ts";
import type { BodyRooms } from "../http/proven-body.ts";
import { readProvenBody } from "../http/proven-body.ts";
import type { DoorError } from "./answers/door-errors.ts";
import type { Authorized } from "./authorized.ts";
import { ANYBODY } from "./authorized.ts";
import { FunctionAuthorizers } from "./authorizers/function-authorizer.ts";
import { JwtAuthorizers } from "./authorizers/jwt-authorizer.ts";
import type { AuthorizerVerdict } from "./authorizers/verdict.ts";
import type { Door } from "./door.ts";
import type { DoorRequest } from "./door-request.ts";

export interface DoorAdmissionOptions {
  readonly config: () => Config;
  readonly identity: Identity;
  readonly functionCalls: FunctionCalls;
  readonly authenticator: Authenticator;
  readonly accessObserver: Pick<AccessObserver, "issuerKeys">;
  readonly newId: () => string;
  readonly steadyMs: () => number;
  readonly nowMs: () => number;
}

/** A request that may call its function, with its body. */
export interface Admitted {
  readonly ok: true;
  readonly authorized: Authorized;
  /** A principal's id; undefined for everybody else. */
  readonly by: string | undefined;
  readonly body: Buffer;
}

/** `gone`: the sender went away before its body was there. */
export type Admittance = Admitted | Extract<AuthorizerVerdict, { readonly ok: false }> | "gone";

interface AdmissionMeans {
  /** The memory that the body is read into. */
  readonly rooms: BodyRooms;
  /** Fires when the sender has hung up. */
  readonly gone: AbortSignal;
}

interface Arriving {
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  readonly request: DoorRequest;
}

const BODY_ERRORS: Readonly<Record<Exclude<BodyRefusal, "aborted">, DoorError>> = {
  "too-large": "too_large",
  "no-room": "throttled",
  "too-slow": "too_slow",
  encoded: "too_large",
};

/** Lets requests in: first who sent it, then the body. A body is read for nobody who may not come in. */
export class DoorAdmission {
  readonly #options: DoorAdmissionOptions;
  readonly #tokens: JwtAuthorizers;
  readonly #functions: FunctionAuthorizers;

  constructor(options: DoorAdmissionOptions) {
    this.#options = options;
    this.#tokens = new JwtAuthorizers(options);
    this.#functions = new FunctionAuthorizers(options);
  }

  async admit(arriving: Arriving, door: Door, { rooms, gone }: AdmissionMeans): Promise<Admittance> {
    if (door.authorizer.kind === "iam") return this.#admitSigned(arriving, door, rooms);
    const verdict = await this.#verdict(arriving.request, door, gone);
    if (!verdict.ok) return verdict;
    const budget = rooms.of(addressShare(arriving.request.sourceIp));
    const { limit, takesEncoded } = rooms;
    const read = await readBody(arriving.incoming, arriving.response, { limit, budget, takesEncoded });
    if (!read.ok) return bodyRefusal(read.reason);
    return { ok: true, authorized: verdict.authorized, by: undefined, body: read.body };
  }

  #verdict(request: DoorRequest, door: Door, gone: AbortSignal): Promise<AuthorizerVerdict> {
    const { authorizer } = door;
    const { identity } = this.#options;
    if (authorizer.kind === "jwt") return this.#tokens.authorize(authorizer, request);
    if (authorizer.kind === "function") return this.#functions.authorize(authorizer, { door, request, identity }, gone);
    return Promise.resolve({ ok: true, authorized: ANYBODY });
  }

  /** A signature may cover the body, which then proves the sender together with it. */
  async #admitSigned({ incoming, response }: Arriving, door: Door, rooms: BodyRooms): Promise<Admittance> {
    const { authenticator, identity } = this.#options;
    const arn = functionArn(identity, door.functionName, door.qualifier);
    try {
      // Without credentials nobody is asked, and a page of another site must not use that.
      if (authenticator.foreignRequest(incoming) !== undefined) return { ok: false, error: "forbidden" };
      const service = door.isFunctionUrl ? "lambda" : "execute-api";
      const authentication = await authenticator.authenticate(incoming, INVOKE_URL_ACTION, service);
      authentication.caller?.authorize(INVOKE_URL_ACTION, arn);
      const read = await readProvenBody(incoming, response, authentication, rooms);
      if (!read.ok) return bodyRefusal(read.reason);
      if (authentication.caller === undefined) read.caller.authorize(INVOKE_URL_ACTION, arn);
      const authorized = this.#signedBy(read.caller, incoming);
      return { ok: true, authorized, by: read.caller.id, body: read.body };
    } catch (error) {
      if (error instanceof TooManyRequests) return { ok: false, error: "throttled" };
      if (!(error instanceof Refusal)) throw error;
      return { ok: false, error: error.reason === "issuer_unavailable" ? "unavailable" : "forbidden" };
    }
  }

  #signedBy(caller: Caller, incoming: IncomingMessage): Authorized {
    const { id } = caller;
    if (id === undefined) return ANYBODY;
    const userArn = caller.arn(this.#options.identity);
    return { kind: "iam", accessKeyId: readSignature(incoming)?.accessKeyId, userId: id, userArn };
  }
}

function bodyRefusal(reason: BodyRefusal): Admittance {
  return reason === "aborted" ? "gone" : { ok: false, error: BODY_ERRORS[reason] };
}
