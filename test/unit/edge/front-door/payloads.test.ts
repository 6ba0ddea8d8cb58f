import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Authorized } from "../../../../src/edge/front-door/authorized.ts";
import { ANYBODY } from "../../../../src/edge/front-door/authorized.ts";
import type { Door } from "../../../../src/edge/front-door/door.ts";
import type { DoorRequest } from "../../../../src/edge/front-door/door-request.ts";
import { eventOf } from "../../../../src/edge/front-door/payloads/payload.ts";

const IDENTITY = { region: "us-east-1", accountId: "123456789012" };
const ID = "7f3d2a10-0000-4000-8000-000000000001";

const REQUEST: DoorRequest = {
  id: ID,
  method: "POST",
  rawPath: "/pa2%Fth/1",
  rawQuery: "q=foo&q=%2Fbar&x=a+b",
  headers: [
    ["Host", "api.example.com:8081"],
    ["tEsT-HEADeR", "one"],
    ["test-header", "two"],
    ["user-agent", "curl/8"],
    ["Content-Type", "application/json"],
    ["Content-Length", "7"],
    ["Cookie", "a=1; b=2"],
    ["cookie", "c=3"],
    ["X-Forwarded-For", "203.0.113.9"],
  ],
  host: "api.example.com",
  protocol: "HTTP/1.1",
  sourceIp: "192.0.2.1",
  isTls: true,
  localPort: 8081,
  trace: undefined,
  receivedAtMs: Date.UTC(2020, 2, 12, 19, 3, 58),
};

const DOOR: Door = {
  name: "orders",
  isFunctionUrl: false,
  functionName: "f",
  qualifier: undefined,
  payload: "2.0",
  cors: undefined,
  authorizer: { kind: "none" },
  timeoutSeconds: undefined,
  isStreamed: false,
  routeKey: "POST /{one}/{two}",
  pathParameters: { one: "pa2%Fth", two: "1" },
  rawPath: "/pa2%Fth/1",
};

function event(
  door: Partial<Door>,
  request: Partial<DoorRequest> = {},
  body = '{"a":1}',
  authorized: Authorized = ANYBODY,
) {
  const parts = { door: { ...DOOR, ...door }, request: { ...REQUEST, ...request }, body: Buffer.from(body) };
  return JSON.parse(JSON.stringify(eventOf({ ...parts, authorized, identity: IDENTITY }))) as Record<
    string,
    unknown
  > & {
    headers: Record<string, string>;
    requestContext: Record<string, unknown>;
  };
}

function withoutTrace<T extends { headers: Record<string, string> }>(given: T): T {
  const { "x-amzn-trace-id": trace = "", ...headers } = given.headers;
  assert.match(trace, /^Root=1-[0-9a-f]{8}-[0-9a-f]{24}/i);
  return { ...given, headers };
}

describe("payload 2.0", () => {
  it("has the request as API Gateway's HTTP APIs hand it on", () => {
    assert.deepEqual(withoutTrace(event({})), {
      version: "2.0",
      routeKey: "POST /{one}/{two}",
      rawPath: "/pa2%Fth/1",
      rawQueryString: "q=foo&q=%2Fbar&x=a+b",
      cookies: ["a=1", "b=2", "c=3"],
      headers: {
        host: "api.example.com:8081",
        "test-header": "one,two",
        "user-agent": "curl/8",
        "content-type": "application/json",
        "content-length": "7",
        "x-forwarded-for": "203.0.113.9, 192.0.2.1",
        "x-forwarded-port": "8081",
        "x-forwarded-proto": "https",
      },
      queryStringParameters: { q: "foo,/bar", x: "a b" },
      requestContext: {
        accountId: "123456789012",
        apiId: "orders",
        domainName: "api.example.com",
        domainPrefix: "api",
        http: {
          method: "POST",
          path: "/pa2%Fth/1",
          protocol: "HTTP/1.1",
          sourceIp: "192.0.2.1",
          userAgent: "curl/8",
        },
        requestId: ID,
        routeKey: "POST /{one}/{two}",
        stage: "$default",
        time: "12/Mar/2020:19:03:58 +0000",
        timeEpoch: 1584039838000,
      },
      pathParameters: { one: "pa2%Fth", two: "1" },
      body: '{"a":1}',
      isBase64Encoded: false,
    });
  });

  it("leaves out what a request has not", () => {
    const bare = event({ pathParameters: undefined }, { rawQuery: "", headers: [["Host", "x"]] }, "");
    for (const name of ["cookies", "queryStringParameters", "pathParameters", "body"]) assert.ok(!(name in bare), name);
    assert.equal(bare["rawQueryString"], "");
    assert.equal(bare["isBase64Encoded"], false);
  });

  it("of a function's URL names nobody's account", () => {
    const { requestContext } = event({ isFunctionUrl: true, name: "url/f", routeKey: "$default" });
    assert.equal(requestContext["accountId"], "anonymous");
    assert.equal(requestContext["apiId"], "f");
  });

  const authorizers: readonly (readonly [Authorized, object])[] = [
    [{ kind: "jwt", claims: { sub: "ada" }, scopes: null }, { jwt: { claims: { sub: "ada" }, scopes: null } }],
    [{ kind: "function", principalId: "ada", context: { tier: 1 } }, { lambda: { tier: 1 } }],
    [
      { kind: "iam", accessKeyId: "AKIA", userId: "access-key/ada", userArn: "arn:aws:iam::123456789012:user/ada" },
      {
        iam: {
          accessKey: "AKIA",
          accountId: "123456789012",
          callerId: "access-key/ada",
          cognitoIdentity: null,
          principalOrgId: null,
          userArn: "arn:aws:iam::123456789012:user/ada",
          userId: "access-key/ada",
        },
      },
    ],
  ];
  for (const [authorized, expected] of authorizers) {
    it(`says who was let in by ${authorized.kind}`, () => {
      assert.deepEqual(event({}, {}, "", authorized).requestContext["authorizer"], expected);
    });
  }

  const bodies: readonly (readonly [type: string | undefined, body: string | Buffer, isBase64: boolean])[] = [
    ["text/csv; charset=utf-8", "a", false],
    ["application/xml", "a", false],
    ["application/x-www-form-urlencoded", "a=1", false],
    ["application/vnd.api+json", "{}", false],
    [undefined, "a", false],
    ["multipart/form-data; boundary=x", "a", true],
    ["image/png", "a", true],
    ["text/plain", Buffer.from([0xff]), true],
  ];
  for (const [type, body, isBase64] of bodies) {
    it(`has a body of ${type ?? "no type"} as ${isBase64 ? "Base64" : "text"}`, () => {
      const headers = type === undefined ? [] : [["content-type", type] as const];
      const parts = { door: DOOR, request: { ...REQUEST, headers }, body: Buffer.from(body) };
      const made = eventOf({ ...parts, authorized: ANYBODY, identity: IDENTITY });
      assert.equal(made["isBase64Encoded"], isBase64);
      assert.equal(made["body"], Buffer.from(body).toString(isBase64 ? "base64" : "utf8"));
    });
  }

  it("has a body with a content coding as Base64", () => {
    const made = event(
      {},
      {
        headers: [
          ["content-encoding", "gzip"],
          ["content-type", "text/plain"],
        ],
      },
      "zipped",
    );
    assert.equal(made["isBase64Encoded"], true);
  });
});

describe("payload 1.0 and the event of REST APIs", () => {
  it("have the last and all values of headers and parameters", () => {
    const made = event({ payload: "rest", routeKey: "ANY /{proxy+}", pathParameters: { proxy: "a" } });
    assert.equal("version" in made, false);
    assert.equal(made["resource"], "/{proxy+}");
    assert.equal(made["path"], "/pa2%Fth/1");
    assert.equal(made["httpMethod"], "POST");
    assert.deepEqual(made["queryStringParameters"], { q: "/bar", x: "a b" });
    assert.deepEqual(made["multiValueQueryStringParameters"], { q: ["foo", "/bar"], x: ["a b"] });
    assert.equal(made.headers["tEsT-HEADeR"], "one");
    assert.equal(made.headers["User-Agent"], "curl/8");
    assert.equal("Content-Length" in made.headers, false);
    assert.equal(made.headers["X-Forwarded-For"], "203.0.113.9, 192.0.2.1");
    assert.equal(made["body"], '{"a":1}');
    const identity = made.requestContext["identity"] as Record<string, unknown>;
    assert.equal(identity["sourceIp"], "192.0.2.1");
    assert.equal(identity["user"], null);
    assert.equal(made.requestContext["requestTime"], "12/Mar/2020:19:03:58 +0000");
  });

  it("have null for what a request has not", () => {
    const made = event({ payload: "1.0", pathParameters: undefined }, { rawQuery: "", headers: [] }, "");
    assert.equal(made["version"], "1.0");
    for (const name of [
      "queryStringParameters",
      "multiValueQueryStringParameters",
      "pathParameters",
      "stageVariables",
      "body",
    ]) {
      assert.equal(made[name], null, name);
    }
  });

  it("say who was let in", () => {
    const jwt: Authorized = { kind: "jwt", claims: { sub: "ada" }, scopes: ["read"] };
    assert.deepEqual(event({ payload: "1.0" }, {}, "", jwt).requestContext["authorizer"], {
      claims: { sub: "ada" },
      scopes: ["read"],
    });
    const lambda: Authorized = { kind: "function", principalId: "ada", context: { tier: 1 } };
    assert.deepEqual(event({ payload: "rest" }, {}, "", lambda).requestContext["authorizer"], {
      principalId: "ada",
      tier: 1,
    });
  });
});

describe("the event of a load balancer", () => {
  it("has a query that is not decoded, and an empty text for no body", () => {
    const made = withoutTrace(event({ payload: "alb" }, { headers: [["Host", "x"]] }, ""));
    assert.deepEqual(made, {
      requestContext: {
        elb: { targetGroupArn: "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/orders/f" },
      },
      httpMethod: "POST",
      path: "/pa2%Fth/1",
      queryStringParameters: { q: "%2Fbar", x: "a+b" },
      headers: { host: "x", "x-forwarded-for": "192.0.2.1", "x-forwarded-port": "8081", "x-forwarded-proto": "https" },
      body: "",
      isBase64Encoded: false,
    });
  });
});
