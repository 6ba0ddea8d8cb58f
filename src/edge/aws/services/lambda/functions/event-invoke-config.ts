import { functionArn, targetArn } from "../../../../../domain/arn.ts";
import { LATEST } from "../../../../../domain/target/function-alias.ts";
import type { FunctionConfig, RecordTarget } from "../../../../../domain/target/function.ts";
import type { JsonObject } from "../../../../../json/json.ts";
import { lambdaError } from "../errors.ts";
import type { FunctionsApi, MissingFunction } from "../found-function.ts";
import { qualifiedArn } from "../function-name.ts";
import { readsFunction } from "./reads-function.ts";

/** Lambda says so also of functions that are not there. */
const withoutConfig: MissingFunction = (identity, { name, qualifier = LATEST }) => {
  const arn = qualifiedArn(identity, { name, qualifier });
  return lambdaError("ResourceNotFoundException", `The function ${arn} doesn't have an EventInvokeConfig`);
};

const doesNotExist: MissingFunction = () => lambdaError("ResourceNotFoundException", "The function doesn't exist.");

/** GetFunctionEventInvokeConfig: every function has one, since its retries and their age always have a value. */
export const getFunctionEventInvokeConfig = readsFunction(
  "GetFunctionEventInvokeConfigRequest",
  (api, { fn }) => eventInvokeConfig(api, fn),
  withoutConfig,
);

/** ListFunctionEventInvokeConfigs: that of its one version. */
export const listFunctionEventInvokeConfigs = readsFunction(
  "ListFunctionEventInvokeConfigsRequest",
  (api, { fn }) => ({ FunctionEventInvokeConfigs: [eventInvokeConfig(api, fn)] }),
  doesNotExist,
);

function eventInvokeConfig({ identity }: FunctionsApi, fn: FunctionConfig): JsonObject {
  const destination = (to: RecordTarget | undefined): JsonObject =>
    to === undefined ? {} : { Destination: targetArn(identity, to) };
  return {
    FunctionArn: `${functionArn(identity, fn.name)}:${LATEST}`,
    MaximumRetryAttempts: fn.maximumRetryAttempts,
    MaximumEventAgeInSeconds: fn.maximumEventAgeInSeconds,
    DestinationConfig: { OnSuccess: destination(fn.onSuccess), OnFailure: destination(fn.onFailure) },
  };
}
