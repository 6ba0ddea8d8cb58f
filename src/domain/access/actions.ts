import { fitsAction } from "./access.ts";

/** The policy actions of the admin API. The AWS services that are answered bring their own: `events:PutEvents`. */
export const ADMIN_ACTIONS = [
  "busbar:ListQueues",
  "busbar:GetQueue",
  "busbar:SendMessages",
  "busbar:PeekQueue",
  "busbar:ReceiveMessages",
  "busbar:PurgeQueue",
  "busbar:MoveMessages",
  "busbar:ListDeadLetterQueues",
  "busbar:ListDeadLetters",
  "busbar:GetDeadLetter",
  "busbar:CountDeadLetters",
  "busbar:RedriveDeadLetters",
  "busbar:PurgeDeadLetters",
  "busbar:ListJobs",
  "busbar:GetJob",
  "busbar:ChangeJob",
  "busbar:StopJob",
  "busbar:CountReplay",
  "busbar:ListPaused",
  "busbar:PauseDestination",
  "busbar:ResumeDestination",
  "busbar:ListBlockedKeys",
  "busbar:SkipBlockedKey",
  "busbar:ExplainEvent",
  "busbar:ListRules",
  "busbar:ListNotInForce",
  "busbar:ListSchedules",
  "busbar:ListArchives",
  "busbar:ListMappings",
  "busbar:ListDestinations",
  "busbar:ListConnections",
  "busbar:ListRouters",
  "busbar:ListConfigurations",
  "busbar:GetConfiguration",
  "busbar:TapEvents",
  "busbar:TestFunction",
  "busbar:ReadLogs",
] as const;

/** The policy actions of what the journal tells. The console asks for them. */
export const HISTORY_ACTIONS = ["busbar:ReadEvents", "busbar:ReadPayloads", "busbar:ReadAudit"] as const;

/** The policy actions of who puts events, besides those of the services. */
export const PRODUCER_ACTIONS = ["busbar:ContinueTraces"] as const;

/** The policy action of HTTP routes and function URLs that ask for a signature. */
export const INVOKE_URL_ACTION = "lambda:InvokeFunctionUrl";

/** The policy actions of the EventBridge and Lambda APIs that a console asks for in the name of its caller, or the admin API for itself. */
export const PASSED_ON_ACTIONS = [
  "events:PutEvents",
  "events:PutRule",
  "events:EnableRule",
  "events:DisableRule",
  "events:DeleteRule",
  "events:DescribeRule",
  "events:ListTargetsByRule",
  "events:PutTargets",
  "events:RemoveTargets",
  "events:StartReplay",
  "lambda:UpdateEventSourceMapping",
  "lambda:InvokeFunction",
] as const;

export type PassedOnAction = (typeof PASSED_ON_ACTIONS)[number];

export type AdminAction = (typeof ADMIN_ACTIONS)[number] | (typeof HISTORY_ACTIONS)[number];

/** What the operations of routers and consoles may need. */
export type GuardedAction = AdminAction | PassedOnAction;

/** An action of an AWS service; its table of operations has them all. */
type ServiceChange = `${"events" | "lambda" | "scheduler" | "sqs"}:${string}`;

/** The actions that change something: each is audited when it is allowed, too. Puts and calls are counted instead. */
export const CHANGING_ACTIONS: ReadonlySet<string> = new Set<AdminAction | ServiceChange>([
  "events:CreateEventBus",
  "events:UpdateEventBus",
  "events:DeleteEventBus",
  "events:PutPermission",
  "events:RemovePermission",
  "events:CreateConnection",
  "events:UpdateConnection",
  "events:DeleteConnection",
  "events:DeauthorizeConnection",
  "events:CreateApiDestination",
  "events:UpdateApiDestination",
  "events:DeleteApiDestination",
  "events:PutRule",
  "events:EnableRule",
  "events:DisableRule",
  "events:DeleteRule",
  "events:PutTargets",
  "events:RemoveTargets",
  "events:CreateArchive",
  "events:UpdateArchive",
  "events:DeleteArchive",
  "events:TagResource",
  "events:UntagResource",
  "events:CreateEndpoint",
  "events:UpdateEndpoint",
  "events:DeleteEndpoint",
  "events:ActivateEventSource",
  "events:DeactivateEventSource",
  "events:CreatePartnerEventSource",
  "events:DeletePartnerEventSource",
  "scheduler:CreateSchedule",
  "scheduler:UpdateSchedule",
  "scheduler:DeleteSchedule",
  "scheduler:CreateScheduleGroup",
  "scheduler:DeleteScheduleGroup",
  "scheduler:TagResource",
  "scheduler:UntagResource",
  "lambda:CreateEventSourceMapping",
  "lambda:UpdateEventSourceMapping",
  "lambda:DeleteEventSourceMapping",
  "lambda:TagResource",
  "lambda:UntagResource",
  "lambda:CreateFunction",
  "lambda:DeleteFunction",
  "lambda:UpdateFunctionCode",
  "lambda:UpdateFunctionConfiguration",
  "lambda:PutFunctionConcurrency",
  "lambda:DeleteFunctionConcurrency",
  "lambda:PutFunctionEventInvokeConfig",
  "lambda:UpdateFunctionEventInvokeConfig",
  "lambda:DeleteFunctionEventInvokeConfig",
  "lambda:PublishVersion",
  "lambda:CreateAlias",
  "lambda:UpdateAlias",
  "lambda:DeleteAlias",
  "lambda:AddPermission",
  "lambda:RemovePermission",
  "lambda:CreateFunctionUrlConfig",
  "lambda:UpdateFunctionUrlConfig",
  "lambda:DeleteFunctionUrlConfig",
  "lambda:PutFunctionCodeSigningConfig",
  "lambda:DeleteFunctionCodeSigningConfig",
  "lambda:PutFunctionRecursionConfig",
  "lambda:PutRuntimeManagementConfig",
  "lambda:PutProvisionedConcurrencyConfig",
  "lambda:DeleteProvisionedConcurrencyConfig",
  "events:StartReplay",
  "events:CancelReplay",
  "sqs:CreateQueue",
  "sqs:DeleteQueue",
  "sqs:SetQueueAttributes",
  "sqs:TagQueue",
  "sqs:UntagQueue",
  "sqs:AddPermission",
  "sqs:RemovePermission",
  "sqs:StartMessageMoveTask",
  "sqs:CancelMessageMoveTask",
  "busbar:SendMessages",
  "sqs:PurgeQueue",
  "busbar:ReceiveMessages",
  "busbar:PurgeQueue",
  "busbar:MoveMessages",
  "busbar:RedriveDeadLetters",
  "busbar:PurgeDeadLetters",
  "busbar:ChangeJob",
  "busbar:StopJob",
  "busbar:PauseDestination",
  "busbar:ResumeDestination",
  "busbar:SkipBlockedKey",
  "busbar:TestFunction",
]);

/** The actions that are too many to be audited one by one. */
const COUNTED_CHANGES: ReadonlySet<string> = new Set<PassedOnAction>(["events:PutEvents", "lambda:InvokeFunction"]);

/** Whether an action changes something, counted ones among them: a console that only reads refuses it. */
export function isChangingAction(action: string): boolean {
  return CHANGING_ACTIONS.has(action) || COUNTED_CHANGES.has(action);
}

/** The actions by which somebody sees what events say: each is audited when it is allowed, once a minute. */
export const PAYLOAD_ACTIONS: ReadonlySet<string> = new Set<AdminAction>([
  "busbar:PeekQueue",
  "busbar:GetDeadLetter",
  "busbar:ReadPayloads",
  "busbar:ReadLogs",
  "busbar:TapEvents",
]);

/** Whether a policy's pattern matches one of the actions. */
export function isKnownAction(pattern: string, actions: readonly string[]): boolean {
  return actions.some((action) => fitsAction([pattern], action));
}
