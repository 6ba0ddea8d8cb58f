import { AUTHORIZATION_TYPES } from "../../../../../domain/made/connection.ts";
import type { Shape } from "../../../input/shapes.ts";
import { ignored, list, required, string, structure } from "../../../input/shapes.ts";
import { boolean, enumeration } from "../../../input/values.ts";
import { DESCRIPTION, RULE_NAME } from "../names.ts";

const PARAMETERS = { lengthMax: 100 };
const TEXT = string({ lengthMin: 1, lengthMax: 512 });
/** AWS's pattern of an endpoint: the characters of a URL. It needs no scheme. */
export const ENDPOINT = string({
  pattern: "^((%[0-9A-Fa-f]{2}|[-()_.!~*';/?:@\\x26=+$,A-Za-z0-9])+)([).!';/?:,])?$",
  lengthMin: 1,
  lengthMax: 2_048,
});

/** A text that errors do not repeat. */
const secret: Shape<string> = { ...TEXT, problemsOf: (value) => hidden(TEXT.problemsOf(value)), show: () => "null" };

const METHODS = enumeration("GET", "POST", "PUT");
/** In any case: AWS has taken `put`. */
const METHOD: Shape<string> = {
  ...METHODS,
  problemsOf: (value) => METHODS.problemsOf(typeof value === "string" ? value.toUpperCase() : value),
};

function parameters(name: string, key: Shape<string>) {
  const parameter = structure(name, {
    Key: key,
    Value: { ...string({ lengthMax: 512 }), show: () => "null" },
    IsValueSecret: boolean,
  });
  return list(parameter, PARAMETERS);
}

const HTTP_PARAMETERS = structure("ConnectionHttpParameters", {
  HeaderParameters: parameters(
    "ConnectionHeaderParameter",
    string({ pattern: "^[!#$%&'*+-.^_`|~0-9a-zA-Z]+$", lengthMax: 512 }),
  ),
  QueryStringParameters: parameters(
    "ConnectionQueryStringParameter",
    string({ pattern: "[^\\x00-\\x1F\\x7F]+", lengthMax: 512 }),
  ),
  BodyParameters: parameters("ConnectionBodyParameter", string({ lengthMax: 512 })),
});

/** What authorizes the calls, in the model's order. An update may leave members out. */
function authParameters(need: <Value>(shape: Shape<Value>) => Shape<Value>) {
  return structure("ConnectionAuthRequestParameters", {
    BasicAuthParameters: structure("ConnectionBasicAuthRequestParameters", {
      Username: need(TEXT),
      Password: need(secret),
    }),
    OAuthParameters: structure("ConnectionOAuthRequestParameters", {
      ClientParameters: need(
        structure("ConnectionOAuthClientRequestParameters", { ClientID: need(TEXT), ClientSecret: need(secret) }),
      ),
      AuthorizationEndpoint: need(ENDPOINT),
      HttpMethod: need(METHOD),
      OAuthHttpParameters: HTTP_PARAMETERS,
    }),
    ApiKeyAuthParameters: structure("ConnectionApiKeyAuthRequestParameters", {
      ApiKeyName: need(TEXT),
      ApiKeyValue: need(secret),
    }),
    InvocationHttpParameters: HTTP_PARAMETERS,
    ConnectivityParameters: ignored,
  });
}

const TYPE = enumeration(...AUTHORIZATION_TYPES);

export const CREATE = structure("CreateConnectionRequest", {
  Name: required(RULE_NAME),
  Description: DESCRIPTION,
  AuthorizationType: required(TYPE),
  AuthParameters: required(authParameters(required)),
  InvocationConnectivityParameters: ignored,
  KmsKeyIdentifier: string({ lengthMax: 2_048 }),
});

export const UPDATE = structure("UpdateConnectionRequest", {
  Name: required(RULE_NAME),
  Description: DESCRIPTION,
  AuthorizationType: TYPE,
  AuthParameters: authParameters((shape) => shape),
  InvocationConnectivityParameters: ignored,
  KmsKeyIdentifier: string({ lengthMax: 2_048 }),
});

function hidden(problems: ReturnType<Shape<string>["problemsOf"]>): ReturnType<Shape<string>["problemsOf"]> {
  return problems?.map((problem) => ({ ...problem, shown: problem.shown && (() => "**********") }));
}
