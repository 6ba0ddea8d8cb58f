import type { Identity } from "../../../../../domain/arn.ts";
import { functionArn } from "../../../../../domain/arn.ts";
import type { Cors, FunctionUrl } from "../../../../../domain/http-route/http-route.ts";
import { functionUrlAt } from "../../../../../domain/http-route/http-route.ts";
import type { JsonObject } from "../../../../../json/json.ts";
import { lambdaError, noSuchResource } from "../errors.ts";
import type { FunctionsApi, MissingFunction } from "../found-function.ts";
import { readsFunction } from "./reads-function.ts";

/** GetFunctionUrlConfig: the URL that the configuration gives a function, or the alias of it that the URL calls. */
export const getFunctionUrlConfig = readsFunction(
  "GetFunctionUrlConfigRequest",
  ({ identity, functionUrlOrigin }, { fn: { name, url }, qualifier }) => {
    if (url === undefined || qualifier !== url.qualifier) throw noSuchResource();
    return shownUrl(url, name, identity, functionUrlOrigin);
  },
  noSuchResource,
);

const doesNotExist: MissingFunction = () => lambdaError("ResourceNotFoundException", "Function does not exist");

/** ListFunctionUrlConfigs: one or none. */
export const listFunctionUrlConfigs = readsFunction(
  "ListFunctionUrlConfigsRequest",
  ({ identity, functionUrlOrigin }: FunctionsApi, { fn: { name, url } }) => ({
    FunctionUrlConfigs: url === undefined ? [] : [shownUrl(url, name, identity, functionUrlOrigin)],
  }),
  doesNotExist,
);

/** When it was made is not known, and left out. */
function shownUrl(url: FunctionUrl, name: string, identity: Identity, origin: string) {
  const { authType, invokeMode, qualifier, cors } = url;
  return {
    FunctionUrl: functionUrlAt(origin, name),
    FunctionArn: functionArn(identity, name, qualifier),
    AuthType: authType,
    ...(cors === undefined ? {} : { Cors: shownCors(cors) }),
    InvokeMode: invokeMode,
  };
}

function shownCors(cors: Cors): JsonObject {
  return {
    AllowCredentials: cors.allowCredentials,
    AllowHeaders: cors.allowHeaders,
    AllowMethods: cors.allowMethods,
    AllowOrigins: cors.allowOrigins,
    ExposeHeaders: cors.exposeHeaders,
    ...(cors.maxAgeSeconds === undefined ? {} : { MaxAge: cors.maxAgeSeconds }),
  };
}
