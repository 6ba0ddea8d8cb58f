import type { StructureOf } from "../../input/shapes.ts";
import { ignored, integer, required, string, structure, timestamp } from "../../input/shapes.ts";
import { enumeration } from "../../input/values.ts";
import { CLIENT_TOKEN, RESOURCE_NAME } from "./names.ts";

/** EventBridge's limit on an event, which an input may become. */
const INPUT_CHARACTERS_MAX = 262_144;

/** In the model's order. What is ignored here is stored and returned as it is. */
export const TARGET_MEMBERS = {
  Arn: required(string({ lengthMin: 1, lengthMax: 1_600 })),
  DeadLetterConfig: structure("DeadLetterConfig", {
    Arn: string({
      pattern: "^arn:aws(-[a-z]+)?:sqs:[a-z0-9\\-]+:\\d{12}:[a-zA-Z0-9\\-_]+$",
      lengthMin: 1,
      lengthMax: 1_600,
    }),
  }),
  EcsParameters: ignored,
  EventBridgeParameters: structure("EventBridgeParameters", {
    DetailType: required(string({ lengthMin: 1, lengthMax: 128 })),
    Source: required(
      string({
        pattern: "^(?=[/\\.\\-_A-Za-z0-9]+)((?!aws\\.).*)|(\\$(\\.[\\w_-]+(\\[(\\d+|\\*)\\])*)*)$",
        lengthMin: 1,
        lengthMax: 256,
      }),
    ),
  }),
  Input: string({ lengthMin: 1, lengthMax: INPUT_CHARACTERS_MAX }),
  KinesisParameters: structure("KinesisParameters", {
    PartitionKey: required(string({ lengthMin: 1, lengthMax: 256 })),
  }),
  RetryPolicy: structure("RetryPolicy", {
    MaximumEventAgeInSeconds: integer({ min: 60, max: 86_400 }),
    MaximumRetryAttempts: integer({ min: 0, max: 185 }),
  }),
  RoleArn: required(
    string({
      pattern: "^arn:aws(-[a-z]+)?:iam::\\d{12}:role\\/[\\w+=,.@\\/-]+$",
      lengthMin: 1,
      lengthMax: 1_600,
    }),
  ),
  SageMakerPipelineParameters: ignored,
  SqsParameters: structure("SqsParameters", { MessageGroupId: string({ lengthMin: 1, lengthMax: 128 }) }),
};

const MEMBERS = {
  ActionAfterCompletion: enumeration("NONE", "DELETE"),
  ClientToken: CLIENT_TOKEN,
  Description: string({ lengthMax: 512 }),
  EndDate: timestamp,
  FlexibleTimeWindow: required(
    structure("FlexibleTimeWindow", {
      MaximumWindowInMinutes: integer({ min: 1, max: 1_440 }),
      Mode: required(enumeration("OFF", "FLEXIBLE")),
    }),
  ),
  GroupName: RESOURCE_NAME,
  KmsKeyArn: string({
    pattern: "^arn:aws(-[a-z]+)?:kms:[a-z0-9\\-]+:\\d{12}:(key|alias)\\/[0-9a-zA-Z-_]*$",
    lengthMin: 1,
    lengthMax: 2_048,
  }),
  Name: required(RESOURCE_NAME),
  ScheduleExpression: required(string({ lengthMin: 1, lengthMax: 256 })),
  ScheduleExpressionTimezone: string({ lengthMin: 1, lengthMax: 50 }),
  StartDate: timestamp,
  State: enumeration("ENABLED", "DISABLED"),
  Target: required(structure("Target", TARGET_MEMBERS)),
};

export type GivenSchedule = StructureOf<typeof MEMBERS>;
export type GivenScheduleTarget = StructureOf<typeof TARGET_MEMBERS>;

/** The input of CreateSchedule and UpdateSchedule. */
export function scheduleShape(operation: "CreateSchedule" | "UpdateSchedule") {
  return structure(`${operation}Request`, MEMBERS);
}
