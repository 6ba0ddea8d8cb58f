import { functionArn } from "../../../../../domain/arn.ts";
import { structure } from "../../../input/shapes.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { lambdaError, noSuchResource } from "../errors.ts";
import type { FunctionsApi } from "../found-function.ts";
import { readsFunction } from "./reads-function.ts";

/** GetPolicy: a function has none of its own. Lambda answers the same of functions that are not there. */
export const getPolicy = readsFunction(
  "GetPolicyRequest",
  () => {
    throw noSuchResource();
  },
  noSuchResource,
);

/** GetFunctionCodeSigningConfig: code is not signed here, which Lambda answers so. */
export const getFunctionCodeSigningConfig = readsFunction("GetFunctionCodeSigningConfigRequest", () => ({}));

/** GetFunctionRecursionConfig: nobody ends a function that causes its own calls. */
export const getFunctionRecursionConfig = readsFunction("GetFunctionRecursionConfigRequest", () => ({
  RecursiveLoop: "Allow",
}));

/** GetRuntimeManagementConfig: a runtime is another when the function's image or command is. */
export const getRuntimeManagementConfig = readsFunction(
  "GetRuntimeManagementConfigRequest",
  ({ identity }, { fn }) => ({ FunctionArn: functionArn(identity, fn.name), UpdateRuntimeOn: "FunctionUpdate" }),
);

/** ListProvisionedConcurrencyConfigs. */
export const listProvisionedConcurrencyConfigs = readsFunction("ListProvisionedConcurrencyConfigsRequest", () => ({
  ProvisionedConcurrencyConfigs: [],
}));

/** GetProvisionedConcurrencyConfig. */
export const getProvisionedConcurrencyConfig = readsFunction("GetProvisionedConcurrencyConfigRequest", () => {
  const message = "No Provisioned Concurrency Config found for this function";
  throw lambdaError("ProvisionedConcurrencyConfigNotFoundException", message);
});

/** GetAccountSettings. An account has no limits here, and its functions' code is elsewhere. */
export function getAccountSettings({ config }: FunctionsApi): Operation {
  return operation({
    input: structure("GetAccountSettingsRequest", {}),
    resource: () => "*",
    handle: () => ({ AccountLimit: {}, AccountUsage: { FunctionCount: config().functions.size } }),
  });
}
