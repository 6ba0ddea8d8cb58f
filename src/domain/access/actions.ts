import { fitsAction } from "./access.ts";

/** The operations of the EventBridge API that are answered; each is an action `events:NAME`. */
export const EVENTS_OPERATIONS = [
  "PutEvents",
  "TestEventPattern",
  "DescribeEventBus",
  "ListEventBuses",
  "DescribeRule",
  "ListRules",
  "ListTargetsByRule",
  "ListRuleNamesByTarget",
] as const;

export type EventsOperation = (typeof EVENTS_OPERATIONS)[number];

/** What the admin API lets people do. */
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
] as const;

export type AdminAction = (typeof ADMIN_ACTIONS)[number];

/** Every action that a policy may name. */
export const ACTIONS: readonly string[] = [...EVENTS_OPERATIONS.map((name) => `events:${name}`), ...ADMIN_ACTIONS];

/** The actions that leave something changed, and are noted whoever does them. Puts are counted as they are. */
export const CHANGING_ACTIONS: ReadonlySet<string> = new Set<AdminAction>([
  "busbar:ReceiveMessages",
  "busbar:PurgeQueue",
  "busbar:RedriveDeadLetters",
  "busbar:PurgeDeadLetters",
  "busbar:PauseDestination",
  "busbar:ResumeDestination",
]);

/** Whether there is an action that the pattern fits. */
export function isKnownAction(pattern: string): boolean {
  return ACTIONS.some((action) => fitsAction([pattern], action));
}
