import type { IncomingMessage } from "node:http";
import type { AccessRequest, Decision, Principal } from "../../../domain/access/access.ts";
import { ANYONE, decideAccess, isForConditionsOnly, mayEver } from "../../../domain/access/access.ts";
import type { AccessObserver } from "../../../ports/access-observer.ts";
import { CHANGING_ACTIONS } from "../../../domain/access/actions.ts";
import type { Identity } from "../../../domain/arn.ts";
import { busNameOf, eventBusArn } from "../../../domain/arn.ts";
import type { AuthorizeEntry } from "../../../ports/put.ts";
import { addressShare } from "./address-share.ts";
import { Refusal } from "./refusal.ts";

const PUT = "events:PutEvents";

/** An authenticated sender of a request, and what its policies allow. Refusals and changes are audited. */
export class Caller {
  readonly #principal: Principal;
  readonly #from: string;
  readonly #observer: Pick<AccessObserver, "access">;

  constructor(principal: Principal, request: IncomingMessage, observer: Pick<AccessObserver, "access">) {
    this.#principal = principal;
    this.#from = addressOf(request);
    this.#observer = observer;
  }

  /** The principal's id; undefined on a router without credentials. */
  get id(): string | undefined {
    return this.#principal === ANYONE ? undefined : this.#principal.id;
  }

  /** The share of the router that its requests count to: its principal's, or without credentials its address's. */
  get share(): string {
    return this.id ?? addressShare(this.#from);
  }

  /**
   * Authorizes an action on a resource, by its ARN. An action that changes something is audited.
   *
   * @throws Refusal when its policies do not allow it.
   */
  authorize(action: string, resource: string): void {
    if (!this.may(action, resource)) throw this.refusal(action, resource);
    if (CHANGING_ACTIONS.has(action)) this.#audit({ action, resource }, "allowed");
  }

  /** Audits that it may not do something to a resource, by its ARN, and returns the refusal to throw. */
  refusal(action: string, resource: string): Refusal {
    const isDenied = decideAccess(this.#principal, { action, resource }) === "denied";
    return this.#refused({ action, resource }, isDenied ? "denied" : "not-allowed");
  }

  /**
   * Whether its policies allow an action on a resource, by its ARN. Nothing is audited: the caller did not ask for it.
   */
  may(action: string, resource: string): boolean {
    return decideAccess(this.#principal, { action, resource }) === "allowed";
  }

  /**
   * Authorizes an action whose resource stands in the request's body, before that is read.
   *
   * @throws Refusal when its policies allow the action on no resource at all.
   */
  authorizeToAsk(action: string): void {
    if (!mayEver(this.#principal, action)) throw this.#refused({ action, resource: "*" }, "not-allowed");
  }

  /**
   * Authorizes a put, and returns the function that authorizes each of its entries.
   *
   * @throws Refusal when its policies allow no put at all.
   */
  authorizePut(identity: Identity): AuthorizeEntry {
    const anyBus = eventBusArn(identity, "*");
    if (!mayEver(this.#principal, PUT)) throw this.#refused({ action: PUT, resource: anyBus }, "not-allowed");
    return ({ source = "", detailType = "", eventBusName = "default" }) => {
      const resource = eventBusArn(identity, busNameOf(identity, eventBusName));
      const context = { "events:source": source, "events:detail-type": detailType };
      const request = { action: PUT, resource, context };
      const decision = decideAccess(this.#principal, request);
      if (decision === "allowed") return undefined;
      const { message } = this.#refused(request, decision);
      if (!isForConditionsOnly(this.#principal, request)) return { code: "AccessDeniedException", message };
      return { code: "NotAuthorizedForSourceException", message: `Not authorized for the source. ${message}` };
    };
  }

  #refused({ action, resource }: AccessRequest, decision: Decision): Refusal {
    this.#audit({ action, resource }, "access_denied");
    const because =
      decision === "denied"
        ? "with an explicit deny in an identity-based policy"
        : `because no identity-based policy allows the ${action} action`;
    const who = `User: ${this.#principal.id} is not authorized to perform: ${action}`;
    return new Refusal("access_denied", `${who} on resource: ${resource} ${because}`);
  }

  #audit({ action, resource }: AccessRequest, outcome: "allowed" | "access_denied"): void {
    this.#observer.access({ principal: this.#principal.id, action, resource, from: this.#from, outcome });
  }
}

/** The address that a request's connection came from. A proxy's header is not trusted: any client may send it. */
export function addressOf({ socket }: IncomingMessage): string {
  return socket.remoteAddress ?? "unknown";
}
