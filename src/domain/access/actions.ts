import { fitsAction } from "./access.ts";

/** The policy actions of the admin API. The AWS services that are answered bring their own: `events:PutEvents`. */
export const ADMIN_ACTIONS = [
  "busbar:ListQueues",
  "busbar:PeekQueue",
  "busbar:ReceiveMessages",
  "busbar:PurgeQueue",
  "busbar:ListDeadLetterQueues",
  "busbar:ListDeadLetters",
  "busbar:GetDeadLetter",
  "busbar:CountDeadLetters",
  "busbar:RedriveDeadLetters",
  "busbar:PurgeDeadLetters",
  "busbar:ListPaused",
  "busbar:PauseDestination",
  "busbar:ResumeDestination",
  "busbar:ExplainEvent",
  "busbar:ListRules",
  "busbar:ListDestinations",
  "busbar:TapEvents",
] as const;

/** The policy actions of what the journal tells. The console asks for them. */
export const HISTORY_ACTIONS = ["busbar:ReadEvents", "busbar:ReadPayloads", "busbar:ReadAudit"] as const;

export type AdminAction = (typeof ADMIN_ACTIONS)[number] | (typeof HISTORY_ACTIONS)[number];

/** The actions that change something: each is audited when it is allowed, too. Puts are counted instead. */
export const CHANGING_ACTIONS: ReadonlySet<string> = new Set<AdminAction>([
  "busbar:ReceiveMessages",
  "busbar:PurgeQueue",
  "busbar:RedriveDeadLetters",
  "busbar:PurgeDeadLetters",
  "busbar:PauseDestination",
  "busbar:ResumeDestination",
]);

/** Whether a policy's pattern matches one of the actions. */
export function isKnownAction(pattern: string, actions: readonly string[]): boolean {
  return actions.some((action) => fitsAction([pattern], action));
}
