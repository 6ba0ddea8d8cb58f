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

/** Somebody who was let in, and what it may do. */
export class Caller {
  readonly #principal: Principal;
  readonly #from: string;
  readonly #observer: Pick<AccessObserver, "access">;

  constructor(principal: Principal, request: IncomingMessage, observer: Pick<AccessObserver, "access">) {
    this.#principal = principal;
    this.#from = addressOf(request);
    this.#observer = observer;
  }

  /** Its principal's id; undefined where nobody is asked who they are. */
  get id(): string | undefined {
    return this.#principal === ANYONE ? undefined : this.#principal.id;
  }

  /** Whose share of the router it has: its principal's, or where nobody is asked its address's. */
  get share(): string {
    return this.id ?? addressShare(this.#from);
  }

  /**
   * Lets it do something, to a resource by its ARN; what changes something is noted.
   *
   * @throws Refusal when it may not.
   */
  authorize(action: string, resource: string): void {
    if (!this.may(action, resource)) throw this.refusal(action, resource);
    if (CHANGING_ACTIONS.has(action)) this.#tell({ action, resource }, "allowed");
  }

  /** Notes that it may not do something to a resource, by its ARN. Returns what to answer. */
  refusal(action: string, resource: string): Refusal {
    const isDenied = decideAccess(this.#principal, { action, resource }) === "denied";
    return this.#refused({ action, resource }, isDenied ? "denied" : "not-allowed");
  }

  /** Whether it may do something to a resource, by its ARN. Nothing is noted: it has not asked to do it. */
  may(action: string, resource: string): boolean {
    return decideAccess(this.#principal, { action, resource }) === "allowed";
  }

  /**
   * Lets it ask for something whose resource stands in the request's body, if there is any resource that it may do it to.
   *
   * @throws Refusal when there is none.
   */
  authorizeToAsk(action: string): void {
    if (!mayEver(this.#principal, action)) throw this.#refused({ action, resource: "*" }, "not-allowed");
  }

  /**
   * Says entry by entry whether it may put it.
   *
   * @throws Refusal when it may put nothing at all.
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
    this.#tell({ action, resource }, "access_denied");
    const because =
      decision === "denied"
        ? "with an explicit deny in an identity-based policy"
        : `because no identity-based policy allows the ${action} action`;
    const who = `User: ${this.#principal.id} is not authorized to perform: ${action}`;
    return new Refusal("access_denied", `${who} on resource: ${resource} ${because}`);
  }

  #tell({ action, resource }: AccessRequest, outcome: "allowed" | "access_denied"): void {
    this.#observer.access({ principal: this.#principal.id, action, resource, from: this.#from, outcome });
  }
}

/** Where a request's connection came from. What a proxy says in a header anybody may say. */
export function addressOf({ socket }: IncomingMessage): string {
  return socket.remoteAddress ?? "unknown";
}
