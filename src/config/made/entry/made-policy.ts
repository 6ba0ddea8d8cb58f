import type { z } from "zod";
import type { BusPolicy } from "../../../domain/access/bus-policy.ts";
import type { WrittenPolicy } from "../../../domain/access/policy-document.ts";
import { readPolicyDocument } from "../../../domain/access/policy-document.ts";
import { busPolicy, queuePolicy } from "../../kinds/parts/bus-policy.ts";

type CompiledPolicy =
  { readonly ok: true; readonly policy: BusPolicy } | { readonly ok: false; readonly reason: string };

/** Of a policy that cannot be read nobody knows whom it keeps out. */
const NOBODY: BusPolicy = {
  statements: [{ effect: "Deny", principals: ["*"], actions: ["*"], resources: ["*"], conditions: [] }],
};

/** Compiles a policy document that was put over the API, by the schema that files are read by. */
export function compilePolicy(document: string): CompiledPolicy {
  const written = readPolicyDocument(document);
  if (!written.ok) return written;
  const checked = busPolicy.safeParse({ statements: written.statements });
  return checked.success ? { ok: true, policy: checked.data } : { ok: false, reason: firstProblem(checked.error) };
}

/** The policy that is in force for a stored document: one that this version cannot read lets nobody put. */
export function policyInForce(document: string): BusPolicy {
  const compiled = compilePolicy(document);
  return compiled.ok ? compiled.policy : NOBODY;
}

/** A service of AWS's: nobody here is one, so what a statement says of services alone is kept, shown and never decided. */
const SERVICE = /\.amazonaws\.com$/;

/** The statements of a queue's policy that may be about somebody here, as a file would have them. */
export function writtenQueuePolicy(document: string): WrittenPolicy {
  const written = readPolicyDocument(document);
  if (!written.ok) return written;
  return { ok: true, statements: written.statements.filter((statement) => !isAboutServices(statement)) };
}

/** The same as `compilePolicy`, of a queue's policy. */
export function compileQueuePolicy(document: string): CompiledPolicy {
  const written = writtenQueuePolicy(document);
  if (!written.ok) return written;
  if (written.statements.length === 0) return { ok: true, policy: { statements: [] } };
  const checked = queuePolicy.safeParse({ statements: written.statements });
  return checked.success ? { ok: true, policy: checked.data } : { ok: false, reason: firstProblem(checked.error) };
}

/** The policy that is in force for a stored document: one that this version cannot read keeps everybody out. */
export function queuePolicyInForce(document: string): BusPolicy {
  const compiled = compileQueuePolicy(document);
  return compiled.ok ? compiled.policy : NOBODY;
}

function isAboutServices(statement: object): boolean {
  const { principal } = statement as { readonly principal?: unknown };
  const principals: readonly unknown[] = Array.isArray(principal) ? principal : [principal];
  return principals.every((one) => typeof one === "string" && SERVICE.test(one));
}

function firstProblem({ issues: [issue] }: z.ZodError): string {
  const place = (issue?.path ?? []).map(String).join(".");
  return `This policy is not valid: ${place}: ${issue?.message}`;
}
