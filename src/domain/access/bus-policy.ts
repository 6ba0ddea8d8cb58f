import type { Identity } from "../arn.ts";
import type { Principal, Statement } from "./access.ts";
import { fitsAction } from "./access.ts";

/** The action that a bus's policy decides. Statements about others are kept and do nothing. */
const PUT = "events:PutEvents";

/** A statement of the policy of a bus or a queue: it says whom it is about. */
export interface BusStatement extends Statement {
  /** `*`, account ids, ARNs of principals or accounts, and names of AWS services, which nobody here is. */
  readonly principals: readonly string[];
}

/** Who may put on a bus, or use a queue, besides those whose own policies say so. */
export interface BusPolicy {
  readonly statements: readonly BusStatement[];
}

/** The policy of what a request is about. */
export interface ResourceGuard {
  readonly identity: Identity;
  /** As messages and the audit name it: `queue orders`. */
  readonly named: string;
  readonly policy: BusPolicy;
}

/** What a policy knows a principal by. */
interface Known {
  readonly account: string;
  readonly arn: string;
}

/** The ARN of a principal, by which policies of buses name it: `arn:aws:iam::ACCOUNT:user/access-key/checkout`. */
export function principalArn({ accountId }: Identity, { id, account = accountId }: Principal): string {
  return `arn:aws:iam::${account}:user/${id}`;
}

/** An account as AWS writes it into a policy. */
export function accountArn(account: string): string {
  return `arn:aws:iam::${account}:root`;
}

/**
 * The principal with what the policy of a bus or a queue says of it besides its own statements. So either may allow a put, and a `Deny` of
 * either comes before that.
 *
 * @param named what has the policy, as `event bus orders`: its statements are then known by that.
 */
export function besidePolicy(
  identity: Identity,
  principal: Principal,
  named: string,
  { statements }: BusPolicy,
): Principal {
  const known = knownBy(identity, principal);
  const itsOwn = statements.flatMap((statement, at): Statement[] => {
    if (!isAbout(statement, known)) return [];
    return [{ ...statement, sid: `${statement.sid ?? `statement ${at + 1}`} of the policy of ${named}` }];
  });
  return { ...principal, statements: [...principal.statements, ...itsOwn] };
}

/** Whether a bus's policy allows the principal some put. */
export function mayPutByPolicy(identity: Identity, principal: Principal, { statements }: BusPolicy): boolean {
  const known = knownBy(identity, principal);
  return statements.some(
    (statement) => statement.effect === "Allow" && fitsAction(statement.actions, PUT) && isAbout(statement, known),
  );
}

/** What the conditions of a bus's policy test of who puts. Nobody here belongs to an organization. */
export function principalContext(identity: Identity, principal: Principal) {
  const { account, arn } = knownBy(identity, principal);
  return { "aws:PrincipalAccount": account, "aws:PrincipalArn": arn };
}

function knownBy(identity: Identity, principal: Principal): Known {
  return { account: principal.account ?? identity.accountId, arn: principalArn(identity, principal) };
}

function isAbout({ principals }: BusStatement, { account, arn }: Known): boolean {
  return principals.some((one) => one === "*" || one === account || one === accountArn(account) || one === arn);
}
