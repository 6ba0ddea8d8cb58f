import type { Identity } from "../../../../../domain/arn.ts";
import { serviceOfArn, targetOfArn } from "../../../../../domain/arn.ts";
import type { MadeTarget } from "../../../../../domain/made/made.ts";
import { parseTemplate } from "../../../../../domain/rule/template.ts";
import { parsePath } from "../../../../../json/json-path.ts";
import type { Json } from "../../../../../json/json.ts";
import { parseJson } from "../../../../../json/json.ts";
import type { AwsError } from "../../../errors.ts";
import { commonError } from "../../../errors.ts";
import type { StructureOf } from "../../../input/shapes.ts";
import { ignored, integer, list, required, string, structure } from "../../../input/shapes.ts";
import { stringMap } from "../../../input/values.ts";
import type { Changing } from "./change.ts";
import { RULE_NAME, TARGET_ARN } from "../names.ts";

/** The services whose resources EventBridge takes as targets. */
const SERVICES: ReadonlySet<string> = new Set([
  "appsync",
  "automation",
  "batch",
  "codebuild",
  "codepipeline",
  "ec2",
  "ecs",
  "events",
  "execute-api",
  "firehose",
  "glue",
  "inspector",
  "kinesis",
  "lambda",
  "logs",
  "redshift",
  "redshift-serverless",
  "sagemaker",
  "sns",
  "sqs",
  "ssm",
  "ssm-incidents",
  "states",
]);

/** In the model's order. What is ignored here is stored and returned as it is. */
const TARGET = {
  Id: required(RULE_NAME),
  Arn: required(TARGET_ARN),
  RoleArn: TARGET_ARN,
  Input: string({ lengthMax: 8_192 }),
  InputPath: string({ lengthMax: 256 }),
  InputTransformer: structure("InputTransformer", {
    InputPathsMap: stringMap(100),
    InputTemplate: required(string({ lengthMin: 1, lengthMax: 8_192 })),
  }),
  KinesisParameters: structure("KinesisParameters", { PartitionKeyPath: required(string({ lengthMax: 256 })) }),
  RunCommandParameters: ignored,
  EcsParameters: ignored,
  BatchParameters: ignored,
  SqsParameters: structure("SqsParameters", { MessageGroupId: string({ lengthMax: 100 }) }),
  HttpParameters: structure("HttpParameters", {
    PathParameterValues: list(string({ pattern: "(?!\\s*$).+" }), { lengthMax: 100 }),
    HeaderParameters: stringMap(100),
    QueryStringParameters: stringMap(100),
  }),
  RedshiftDataParameters: ignored,
  SageMakerPipelineParameters: ignored,
  DeadLetterConfig: structure("DeadLetterConfig", { Arn: TARGET_ARN }),
  RetryPolicy: structure("RetryPolicy", {
    MaximumRetryAttempts: integer({ min: 0, max: 185 }),
    MaximumEventAgeInSeconds: integer({ min: 60, max: 86_400 }),
  }),
  AppSyncParameters: ignored,
};

/** A target of a PutTargets request. */
export const TARGET_SHAPE = structure("Target", TARGET);
export type GivenTarget = StructureOf<typeof TARGET>;

/** A target as it is stored: the members of the model that were given. @throws AwsError `ValidationException` */
export function checkedTarget(
  { identity, checks }: Pick<Changing, "identity" | "checks">,
  given: GivenTarget,
): MadeTarget {
  const problem = arnProblem(given.Arn) ?? inputProblem(identity, given);
  if (problem !== undefined) throw problem;
  const members = Object.keys(TARGET).flatMap((name) => {
    const value = (given as Readonly<Record<string, Json | undefined>>)[name] ?? null;
    return value === null ? [] : [[name, value] as const];
  });
  const target = { ...Object.fromEntries(members), Id: given.Id, Arn: given.Arn };
  const wrong = checks.targetProblem(target);
  if (wrong !== undefined) throw invalid(`Parameters of target ${given.Id} are not valid: ${wrong}.`);
  return target;
}

function arnProblem(arn: string): AwsError | undefined {
  const service = serviceOfArn(arn);
  if (service === undefined)
    return invalid("Parameter ARN is not valid. Reason: Provided Arn is not in correct format.");
  return SERVICES.has(service) ? undefined : invalid(`${service} is not a supported service for a target.`);
}

function inputProblem(identity: Identity, given: GivenTarget): AwsError | undefined {
  const { Id, Arn, Input, InputPath, InputTransformer } = given;
  const inputs = [Input, InputPath, InputTransformer].filter((one) => one !== undefined && one !== null);
  if (inputs.length > 1)
    return invalid(`Only one of Input, InputPath, or InputTransformer must be provided for target ${Id}.`);
  const to = targetOfArn(identity, Arn);
  if (to.kind === "event-bus" && inputs.length > 0)
    return invalid(
      `Input, InputPath and InputTransformer are not for event buses: the event goes on as it is to target ${Id}.`,
    );
  if (to.kind === "queue" && to.name.endsWith(".fifo") && (given.SqsParameters ?? null) === null)
    return invalid(`Parameter(s) SqsParameters must be specified for target: ${Id}.`);
  if (typeof Input === "string" && parseJson(Input) === undefined)
    return invalid(`JSON syntax error in input for target ${Id}.`);
  if (typeof InputPath === "string") {
    const path = parsePath(InputPath);
    if (!path.ok) return invalid(`InputPath for target ${Id} is invalid: it ${path.reason}.`);
  }
  if (InputTransformer === undefined || InputTransformer === null) return undefined;
  const template = parseTemplate(InputTransformer.InputPathsMap ?? {}, InputTransformer.InputTemplate);
  return template.ok ? undefined : invalid(`InputTemplate for target ${Id} ${template.reason}.`);
}

function invalid(message: string): AwsError {
  return commonError("ValidationException", message);
}
