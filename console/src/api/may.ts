import type { GuardedAction } from "../../../src/domain/access/actions.ts";
import { isChangingAction } from "../../../src/domain/access/actions.ts";
import { isPermitted } from "../../../src/domain/access/access.ts";
import { archiveArn, jobArn, mappingArn, replayArn, ruleArn, targetArn } from "../../../src/domain/arn.ts";
import type { TargetRef } from "../../../src/domain/target/target.ts";
import type { Me } from "../../../src/admin-api/me.ts";

/** What something is done to: a target, a job of a queue, a replay, an archive, an event source mapping, or a rule of a bus. */
export type Resource =
  | TargetRef
  | { readonly kind: "job"; readonly queue: string; readonly id: string }
  | { readonly kind: "replay"; readonly name: string }
  | { readonly kind: "archive"; readonly name: string }
  /** By its UUID. */
  | { readonly kind: "event-source-mapping"; readonly name: string }
  | { readonly kind: "rule"; readonly bus: string; readonly name: string };

/**
 * Why the caller may not do something, for its button; undefined where it may, or while that is not known yet. The server
 * decides anyway.
 *
 * @param on what it would be done to; undefined where only the server knows.
 */
export function whyNot(me: Me | undefined, action: GuardedAction, on?: Resource): string | undefined {
  if (me === undefined) return undefined;
  if (me.readOnly && isChangingAction(action)) return "This console is read-only.";
  return isPermitted(me.permissions, action, on && arnOf(me, on)) ? undefined : `Not allowed: it needs ${action}.`;
}

function arnOf(me: Me, on: Resource): string {
  switch (on.kind) {
    case "job":
      return jobArn(me, on.queue, on.id);
    case "replay":
      return replayArn(me, on.name);
    case "event-source-mapping":
      return mappingArn(me, on.name);
    case "archive":
      return archiveArn(me, on.name);
    case "rule":
      return ruleArn(me, on.bus, on.name);
    default:
      return targetArn(me, on);
  }
}

/** What a label such as `function/NAME` names. */
export function labelled(label: string): TargetRef {
  const slash = label.indexOf("/");
  return { kind: label.slice(0, slash) as TargetRef["kind"], name: label.slice(slash + 1) };
}
