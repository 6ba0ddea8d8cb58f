import type { IncomingMessage } from "node:http";
import type { AccessRequest, Decided, Permission, Principal, Statement } from "../../../domain/access/access.ts";
import {
  ANYONE,
  decide,
  decideAccess,
  isForConditionsOnly,
  mayEver,
  permissionsOf,
  statementName,
} from "../../../domain/access/access.ts";
import type { ResourceGuard } from "../../../domain/access/bus-policy.ts";
import { besidePolicy, mayPutByPolicy, principalArn, principalContext } from "../../../domain/access/bus-policy.ts";
import type { AccessObserver } from "../../../ports/access-observer.ts";
import type { PutExplanation } from "../../../ports/admin/explain.ts";
import { CHANGING_ACTIONS, PAYLOAD_ACTIONS } from "../../../domain/access/actions.ts";
import type { Identity } from "../../../domain/arn.ts";
import { busNameOf, eventBusArn } from "../../../domain/arn.ts";
import type { Config } from "../../../domain/config.ts";
import type { AuthorizeEntry } from "../../../ports/put.ts";
import { addressShare } from "./address-share.ts";
import { Refusal } from "./refusal.ts";

const PUT = "events:PutEvents";
const NOT_ALLOWED: Decided = { decision: "not-allowed", by: undefined };

/** An authenticated sender of a request, and what its policies allow. Refusals, changes and reads of payloads are audited. */
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

  /** As policies of buses and queues name it. */
  arn(identity: Identity): string {
    return principalArn(identity, this.#principal);
  }

  /** The share of the router that its requests count to: its principal's, or without credentials its address's. */
  get share(): string {
    return this.id ?? addressShare(this.#from);
  }

  /**
   * Authorizes an action on a resource, by its ARN. An action that changes something, or shows a payload, is
   * audited.
   *
   * @param guard the resource's own policy, which decides together with the caller's.
   * @throws Refusal when the policies do not allow it.
   */
  authorize(action: string, resource: string, guard?: ResourceGuard): void {
    const { who, context } = this.#beside(guard);
    const request = { action, resource, ...context };
    const decided = decide(who, request);
    if (decided.decision !== "allowed") throw this.#refused(request, decided, who);
    if (CHANGING_ACTIONS.has(action) || PAYLOAD_ACTIONS.has(action)) this.#audit(request, "allowed", decided.by, who);
  }

  /** A router without credentials asks nobody, so no policy decides there. */
  #beside(guard: ResourceGuard | undefined): { readonly who: Principal; readonly context: object } {
    if (guard === undefined || this.id === undefined) return { who: this.#principal, context: {} };
    const { identity, named, policy } = guard;
    return {
      who: besidePolicy(identity, this.#principal, named, policy),
      context: { context: principalContext(identity, this.#principal) },
    };
  }

  /** Audits that it may not do something to a resource, by its ARN, and returns the refusal to throw. */
  refusal(action: string, resource: string): Refusal {
    const request = { action, resource };
    const { decision, by } = decide(this.#principal, request);
    return this.#refused(request, decision === "denied" ? { decision, by } : NOT_ALLOWED);
  }

  /**
   * Whether its policies allow an action on a resource, by its ARN. Nothing is audited: the caller did not ask for it.
   */
  may(action: string, resource: string): boolean {
    return decideAccess(this.#principal, { action, resource }) === "allowed";
  }

  /** On what its policies allow each of these actions, as far as they do. */
  permissions(actions: readonly string[]): readonly Permission[] {
    return permissionsOf(this.#principal, actions);
  }

  /**
   * Authorizes an action whose resource stands in the request's body, before that is read.
   *
   * @throws Refusal when its policies allow the action on no resource at all.
   */
  authorizeToAsk(action: string): void {
    if (!mayEver(this.#principal, action)) throw this.#refused({ action, resource: "*" }, NOT_ALLOWED);
  }

  /**
   * Authorizes a put by the caller's own policies and those of the buses, and returns the function that authorizes each of
   * its entries.
   *
   * @throws Refusal when no policy allows it any put at all.
   */
  authorizePut(identity: Identity, eventBuses: Config["eventBuses"]): AuthorizeEntry {
    const anyBus = eventBusArn(identity, "*");
    if (!this.#mayPut(identity, eventBuses)) throw this.#refused({ action: PUT, resource: anyBus }, NOT_ALLOWED);
    return (entry) => {
      const { putter, request } = this.#asPut(identity, eventBuses, entry);
      const decided = decide(putter, request);
      if (decided.decision === "allowed") return undefined;
      const { message } = this.#refused(request, decided, putter);
      if (!isForConditionsOnly(putter, request)) return { code: "AccessDeniedException", message };
      return { code: "NotAuthorizedForSourceException", message: `Not authorized for the source. ${message}` };
    };
  }

  /** How a put would be decided, and by which statement. Nothing is audited: the caller did not ask for it. */
  explainPut(
    identity: Identity,
    eventBuses: Config["eventBuses"],
    entry: Parameters<AuthorizeEntry>[0],
  ): PutExplanation {
    const { putter, request } = this.#asPut(identity, eventBuses, entry);
    const { decision, by } = decide(putter, request);
    return {
      ...(this.id === undefined ? {} : { principal: this.id }),
      decision,
      ...(by === undefined || this.id === undefined ? {} : { statement: statementName(putter, by) }),
    };
  }

  /** A put as policies decide it: with the statements of the bus's policy beside the caller's own. */
  #asPut(
    identity: Identity,
    eventBuses: Config["eventBuses"],
    { source = "", detailType = "", eventBusName = "default" }: Parameters<AuthorizeEntry>[0],
  ): { readonly putter: Principal; readonly request: AccessRequest } {
    const bus = busNameOf(identity, eventBusName);
    const policy = eventBuses.get(bus)?.policy;
    const decides = policy !== undefined && this.id !== undefined;
    const who = decides ? principalContext(identity, this.#principal) : {};
    const context = { "events:source": source, "events:detail-type": detailType, ...who };
    return {
      putter: decides ? besidePolicy(identity, this.#principal, `event bus ${bus}`, policy) : this.#principal,
      request: { action: PUT, resource: eventBusArn(identity, bus), context },
    };
  }

  #mayPut(identity: Identity, eventBuses: Config["eventBuses"]): boolean {
    if (mayEver(this.#principal, PUT)) return true;
    return [...eventBuses.values()].some(
      ({ policy }) => policy !== undefined && mayPutByPolicy(identity, this.#principal, policy),
    );
  }

  /** @param policed the principal with every statement that decided. */
  #refused(request: AccessRequest, { decision, by }: Decided, policed = this.#principal): Refusal {
    const { action, resource } = request;
    this.#audit(request, "access_denied", by, policed);
    const isOwn = by === undefined || this.#principal.statements.includes(by);
    const because =
      decision === "denied"
        ? `with an explicit deny in ${isOwn ? "an identity-based" : "a resource-based"} policy`
        : `because no identity-based policy allows the ${action} action`;
    const who = `User: ${this.#principal.id} is not authorized to perform: ${action}`;
    return new Refusal("access_denied", `${who} on resource: ${resource} ${because}`);
  }

  #audit(
    { action, resource }: AccessRequest,
    outcome: "allowed" | "access_denied",
    by: Statement | undefined,
    policed = this.#principal,
  ): void {
    const statement = by === undefined || policed === ANYONE ? {} : { statement: statementName(policed, by) };
    this.#observer.access({ principal: this.#principal.id, action, resource, from: this.#from, outcome, ...statement });
  }
}

/** The address that a request's connection came from. A proxy's header is not trusted: any client may send it. */
export function addressOf({ socket }: IncomingMessage): string {
  return socket.remoteAddress ?? "unknown";
}
