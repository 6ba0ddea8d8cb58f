import type { FunctionsApi } from "../found-function.ts";
import type { LambdaRow } from "../lambda-row.ts";
import { WITH_MARKER, WITH_QUALIFIER } from "../lambda-row.ts";
import { getFunctionEventInvokeConfig, listFunctionEventInvokeConfigs } from "./event-invoke-config.ts";
import {
  getAccountSettings,
  getFunctionCodeSigningConfig,
  getFunctionRecursionConfig,
  getPolicy,
  getProvisionedConcurrencyConfig,
  getRuntimeManagementConfig,
  listProvisionedConcurrencyConfigs,
} from "./function-settings.ts";
import { getFunction, getFunctionConcurrency, getFunctionConfiguration } from "./get-function.ts";
import { getAlias, listAliases } from "../aliases/alias-reads.ts";
import { getFunctionUrlConfig, listFunctionUrlConfigs } from "./function-urls.ts";
import { listFunctions, listVersionsByFunction } from "./list-functions.ts";

const FUNCTIONS = "/2015-03-31/functions";
const ONE = `${FUNCTIONS}/{FunctionName}`;

/** A function's path in another version of the API. */
function at(date: string, rest: string): Pick<LambdaRow<FunctionsApi>, "method" | "path"> {
  return { method: "GET", path: `/${date}/functions/{FunctionName}/${rest}` };
}

const INVOKE_CONFIG = at("2019-09-25", "event-invoke-config");
const PROVISIONED = at("2019-09-30", "provisioned-concurrency");

/** The operations that read functions. */
export const FUNCTION_READS: Readonly<Record<string, LambdaRow<FunctionsApi>>> = {
  ListFunctions: {
    method: "GET",
    path: FUNCTIONS,
    query: { FunctionVersion: { member: "FunctionVersion" }, ...WITH_MARKER },
    make: listFunctions,
  },
  GetFunction: { method: "GET", path: ONE, query: WITH_QUALIFIER, make: getFunction },
  GetFunctionConfiguration: {
    method: "GET",
    path: `${ONE}/configuration`,
    query: WITH_QUALIFIER,
    make: getFunctionConfiguration,
  },
  GetFunctionConcurrency: { ...at("2019-09-30", "concurrency"), make: getFunctionConcurrency },
  ListVersionsByFunction: {
    method: "GET",
    path: `${ONE}/versions`,
    query: WITH_MARKER,
    make: listVersionsByFunction,
  },
  ListAliases: {
    method: "GET",
    path: `${ONE}/aliases`,
    query: { FunctionVersion: { member: "FunctionVersion" }, ...WITH_MARKER },
    make: listAliases,
  },
  GetAlias: { method: "GET", path: `${ONE}/aliases/{Name}`, make: getAlias },
  GetPolicy: { method: "GET", path: `${ONE}/policy`, query: WITH_QUALIFIER, make: getPolicy },
  GetFunctionEventInvokeConfig: { ...INVOKE_CONFIG, query: WITH_QUALIFIER, make: getFunctionEventInvokeConfig },
  ListFunctionEventInvokeConfigs: {
    ...INVOKE_CONFIG,
    path: `${INVOKE_CONFIG.path}/list`,
    make: listFunctionEventInvokeConfigs,
  },
  GetFunctionCodeSigningConfig: { ...at("2020-06-30", "code-signing-config"), make: getFunctionCodeSigningConfig },
  GetFunctionRecursionConfig: { ...at("2024-08-31", "recursion-config"), make: getFunctionRecursionConfig },
  GetRuntimeManagementConfig: {
    ...at("2021-07-20", "runtime-management-config"),
    query: WITH_QUALIFIER,
    make: getRuntimeManagementConfig,
  },
  ListProvisionedConcurrencyConfigs: {
    ...PROVISIONED,
    path: `${PROVISIONED.path}?List=ALL`,
    make: listProvisionedConcurrencyConfigs,
  },
  GetProvisionedConcurrencyConfig: { ...PROVISIONED, query: WITH_QUALIFIER, make: getProvisionedConcurrencyConfig },
  GetFunctionUrlConfig: { ...at("2021-10-31", "url"), query: WITH_QUALIFIER, make: getFunctionUrlConfig },
  ListFunctionUrlConfigs: { ...at("2021-10-31", "urls"), make: listFunctionUrlConfigs },
  GetAccountSettings: { method: "GET", path: "/2016-08-19/account-settings", make: getAccountSettings },
};
