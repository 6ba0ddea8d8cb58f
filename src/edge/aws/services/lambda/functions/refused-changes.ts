import type { RestRoute } from "../../../protocol/rest-json.ts";
import { required, structure } from "../../../input/shapes.ts";
import type { AwsError } from "../../../errors.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { wrongParameter } from "../errors.ts";
import type { FunctionPlaces } from "../found-function.ts";
import { ASKED_FUNCTION, askedArn, foundFunction } from "../found-function.ts";
import { FUNCTION_NAME } from "../function-name.ts";
import type { LambdaRow } from "../lambda-row.ts";
import { WITH_QUALIFIER } from "../lambda-row.ts";

/** A change that is refused. */
interface Refused extends RestRoute {
  /** Why nothing in a file is changed instead. */
  readonly why?: string;
}

const FUNCTION = "/{FunctionName}";
const OF_2015 = `/2015-03-31/functions${FUNCTION}`;
const VERSIONS = { path: `${OF_2015}/versions`, why: ', and so are their versions. Add one to its "versions" there.' };
const POLICY = { path: `${OF_2015}/policy`, why: ", and who may call them is said by the policies of callers." };
const CONCURRENCY = { path: `/2017-10-31/functions${FUNCTION}/concurrency` };
const INVOKE_CONFIG = { path: `/2019-09-25/functions${FUNCTION}/event-invoke-config`, query: WITH_QUALIFIER };
const PROVISIONED = {
  path: `/2019-09-30/functions${FUNCTION}/provisioned-concurrency`,
  query: WITH_QUALIFIER,
  why: ", and no environments are kept ready for them.",
};
const URL_CONFIG = {
  path: `/2021-10-31/functions${FUNCTION}/url`,
  query: WITH_QUALIFIER,
  why: ', and so are their URLs: change its "url" there.',
};
const SIGNING = {
  path: `/2020-06-30/functions${FUNCTION}/code-signing-config`,
  why: ", and their code is not signed.",
};
const RUNTIME = { path: `/2021-07-20/functions${FUNCTION}/runtime-management-config`, query: WITH_QUALIFIER };
const RECURSION = { path: `/2024-08-31/functions${FUNCTION}/recursion-config` };

/** What changes a function that is there. */
const REFUSED: Readonly<Record<string, Refused>> = {
  DeleteFunction: { method: "DELETE", path: OF_2015, query: WITH_QUALIFIER },
  UpdateFunctionCode: { method: "PUT", path: `${OF_2015}/code` },
  UpdateFunctionConfiguration: { method: "PUT", path: `${OF_2015}/configuration` },
  PutFunctionConcurrency: { method: "PUT", ...CONCURRENCY },
  DeleteFunctionConcurrency: { method: "DELETE", ...CONCURRENCY },
  PutFunctionEventInvokeConfig: { method: "PUT", ...INVOKE_CONFIG },
  UpdateFunctionEventInvokeConfig: { method: "POST", ...INVOKE_CONFIG },
  DeleteFunctionEventInvokeConfig: { method: "DELETE", ...INVOKE_CONFIG },
  PublishVersion: { method: "POST", ...VERSIONS },
  AddPermission: { method: "POST", query: WITH_QUALIFIER, ...POLICY },
  RemovePermission: { method: "DELETE", query: WITH_QUALIFIER, ...POLICY, path: `${OF_2015}/policy/{StatementId}` },
  CreateFunctionUrlConfig: { method: "POST", ...URL_CONFIG },
  UpdateFunctionUrlConfig: { method: "PUT", ...URL_CONFIG },
  DeleteFunctionUrlConfig: { method: "DELETE", ...URL_CONFIG },
  PutFunctionCodeSigningConfig: { method: "PUT", ...SIGNING },
  DeleteFunctionCodeSigningConfig: { method: "DELETE", ...SIGNING },
  PutFunctionRecursionConfig: { method: "PUT", ...RECURSION, why: ", and nobody ends one that causes its own calls." },
  PutRuntimeManagementConfig: { method: "PUT", ...RUNTIME, why: ", and have the runtime of their image or command." },
  PutProvisionedConcurrencyConfig: { method: "PUT", ...PROVISIONED },
  DeleteProvisionedConcurrencyConfig: { method: "DELETE", ...PROVISIONED },
};

const DEPLOYED = "functions are deployed with the configuration";

/** Code comes in the body, and is refused as everything else is, unread. */
const BODY_BYTES_MAX = 65_536;

/** The operations that would change functions. Those are deployed with the configuration files, which each of them says. */
export const REFUSED_CHANGES: Readonly<Record<string, LambdaRow<FunctionPlaces>>> = {
  CreateFunction: { method: "POST", path: "/2015-03-31/functions", make: refusedFunction },
  ...Object.fromEntries(
    Object.entries(REFUSED).map(([name, { why, ...route }]): [string, LambdaRow<FunctionPlaces>] => {
      return [name, { ...route, make: refusedChange(name, why) }];
    }),
  ),
};

/** The refusal of a change of a function that is there. @param why nothing in its file is changed instead. */
export function changedInFiles(
  operationName: string,
  { config }: FunctionPlaces,
  name: string,
  why?: string,
): AwsError {
  const place = config().places?.functions.get(name) ?? "its file";
  const instead = why ?? `, and a file has this one (${place}). Change it there.`;
  return wrongParameter(`${operationName} is not supported for function ${name}: ${DEPLOYED}${instead}`);
}

function refusedChange(name: string, why: string | undefined): (api: FunctionPlaces) => Operation {
  return (api) =>
    operation({
      input: structure(`${name}Request`, ASKED_FUNCTION),
      bodyLimit: bodyLimitOf(name),
      resource: (asked) => askedArn(api.identity, asked),
      handle: (asked) => {
        throw changedInFiles(name, api, foundFunction(api, asked).fn.name, why);
      },
    });
}

function refusedFunction({ identity }: FunctionPlaces): Operation {
  return operation({
    input: structure("CreateFunctionRequest", { FunctionName: required(FUNCTION_NAME) }),
    bodyLimit: bodyLimitOf("CreateFunction"),
    resource: ({ FunctionName }) => askedArn(identity, { FunctionName }),
    handle: () => {
      throw notHere("CreateFunction");
    },
  });
}

function bodyLimitOf(name: string): NonNullable<Operation["bodyLimit"]> {
  return { bytesMax: BODY_BYTES_MAX, tooLong: () => notHere(name) };
}

function notHere(operationName: string): AwsError {
  return wrongParameter(`${operationName} is not supported: ${DEPLOYED}. Change them in its files, under "functions".`);
}
