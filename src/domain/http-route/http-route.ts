/** What a function is given for a request, by the names of AWS's front doors. */
export const PAYLOAD_FORMATS = ["2.0", "1.0", "rest", "alb"] as const;

export type PayloadFormat = (typeof PAYLOAD_FORMATS)[number];

/** Which pages of other origins may read the answers (Fetch standard, "CORS protocol"). */
export interface Cors {
  /** Origins, or `*`, `http://*` and `https://*`. */
  readonly allowOrigins: readonly string[];
  readonly allowMethods: readonly string[];
  readonly allowHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly allowCredentials: boolean;
  /** How long a browser may keep the answer to a preflight. */
  readonly maxAgeSeconds?: number;
}

/** Who may call a route. */
export type Authorizer =
  | { readonly kind: "none" }
  /** Whoever signs with an access key of this router, and may `lambda:InvokeFunctionUrl` on the function. */
  | { readonly kind: "iam" }
  | JwtAuthorizer
  | FunctionAuthorizer;

/** Whoever has a JSON Web Token of an issuer. */
export interface JwtAuthorizer {
  readonly kind: "jwt";
  /** The `iss` of its tokens. Its keys are found by OpenID Connect Discovery, where `jwksUrl` does not say. */
  readonly issuer: string;
  readonly jwksUrl?: string;
  /** One of them must be the token's `aud`, or its `client_id` where it has none. */
  readonly audience: readonly string[];
  /** One of them must be among the token's scopes. Empty where none is needed. */
  readonly scopes: readonly string[];
  readonly identitySource: IdentitySource;
}

/** Whoever a function lets in. */
export interface FunctionAuthorizer {
  readonly kind: "function";
  readonly functionName: string;
  /** The version or alias that is asked. */
  readonly qualifier?: string;
  /** A request without one of them is refused, and the function not called. */
  readonly identitySources: readonly IdentitySource[];
  /** How long its answer counts for the same identity. 0 asks each time. */
  readonly ttlSeconds: number;
}

/** Where a request has what proves its sender: `$request.header.Authorization`, `$request.querystring.token`. */
export interface IdentitySource {
  readonly place: "header" | "querystring";
  /** Of a header in lower case. */
  readonly name: string;
}

/** A way from an HTTP request to a function. */
export interface HttpRoute {
  readonly name: string;
  readonly description?: string;
  /** `GET /orders/{id}`, `ANY /{proxy+}` or `$default`, as API Gateway writes it. */
  readonly key: string;
  /** In lower case. Undefined for any. */
  readonly host?: string;
  readonly functionName: string;
  /** The version or alias that is called. */
  readonly qualifier?: string;
  readonly payload: PayloadFormat;
  readonly cors?: Cors;
  readonly authorizer: Authorizer;
  /** How long a caller waits at most. Undefined where the function's own time-out is the only one. */
  readonly timeoutSeconds?: number;
}

export const INVOKE_MODES = ["BUFFERED", "RESPONSE_STREAM"] as const;

/** A function's own URL, with Lambda's property names. */
export interface FunctionUrl {
  readonly authType: "NONE" | "AWS_IAM";
  readonly invokeMode: (typeof INVOKE_MODES)[number];
  /** The alias that is called. Undefined for the function itself. */
  readonly qualifier?: string;
  readonly cors?: Cors;
}

/** The content type of an answer that begins with its status and headers, as JSON, and eight zero bytes behind them. */
export const HTTP_INTEGRATION_TYPE = "application/vnd.awslambda.http-integration-response";

/** Function URLs are found below it too, as `/_functions/NAME/…`: no route may begin with it. */
export const FUNCTION_PATH_PREFIX = "/_functions/";

/** Of one configuration. A request is compared with each of them. */
export const ROUTES_MAX = 1_000;

/** A function's URL by its own host: `http://NAME.localhost:8081/`. @param origin where callers find the port of routes. */
export function functionUrlAt(origin: string, functionName: string): string {
  const { protocol, host } = new URL(origin);
  return `${protocol}//${functionName.toLowerCase()}.${host}/`;
}
