import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { doorError } from "../../../../src/edge/front-door/answers/door-errors.ts";
import { functionAnswer } from "../../../../src/edge/front-door/answers/function-answer.ts";

const HTTP = { payload: "2.0", isFunctionUrl: false } as const;
const URL_DOOR = { payload: "2.0", isFunctionUrl: true } as const;
const V1 = { payload: "1.0", isFunctionUrl: false } as const;
const REST = { payload: "rest", isFunctionUrl: false } as const;
const ALB = { payload: "alb", isFunctionUrl: false } as const;

type Kind = Parameters<typeof functionAnswer>[0];

/** `STATUS content-type body`, or undefined where the function's answer is none. */
function shown(door: Kind, json: string | undefined): string | undefined {
  const answer = functionAnswer(door, json);
  if (answer === undefined) return undefined;
  const type = answer.headers.find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "-";
  return `${answer.status} ${type} ${answer.body.toString()}`;
}

const TEXT = "text/plain; charset=utf-8";

const CASES: readonly (readonly [door: Kind, json: string | undefined, answer: string | undefined])[] = [
  // Inferred answers of payload 2.0.
  [URL_DOOR, '"hello"', "200 application/json hello"],
  [URL_DOOR, "3", "200 application/json 3"],
  [URL_DOOR, "3.10", "200 application/json 3.10"],
  [URL_DOOR, "true", "200 application/json true"],
  [URL_DOOR, '["hello", 3, true]', '200 application/json ["hello",3,true]'],
  [URL_DOOR, "{}", "200 application/json {}"],
  [URL_DOOR, "12345678901234567890", "200 application/json 12345678901234567890"],
  [HTTP, "null", "200 application/json null"],
  [HTTP, undefined, "200 application/json "],
  // Structured ones.
  [HTTP, '{"statusCode":201,"body":"a"}', `201 ${TEXT} a`],
  [URL_DOOR, '{"statusCode":"418","body":"a"}', "418 application/json a"],
  [HTTP, '{"statusCode":200,"headers":{"Content-Type":"text/html"},"body":"a"}', "200 text/html a"],
  [HTTP, '{"statusCode":200,"body":"YQ==","isBase64Encoded":true}', `200 ${TEXT} a`],
  [HTTP, '{"statusCode":200,"wrongValue":1}', `200 ${TEXT} `],
  [HTTP, '{"statusCode":"test"}', undefined],
  [HTTP, '{"statusCode":99}', undefined],
  [HTTP, '{"statusCode":200,"body":{"a":1}}', undefined],
  [HTTP, '{"statusCode":200,"headers":{"a b":"c"}}', undefined],
  [HTTP, '{"statusCode":200,"headers":{"a":"b\\r\\nc: d"}}', undefined],
  [HTTP, '{"statusCode":200,"headers":{"a":{}}}', undefined],
  [HTTP, '{"statusCode":200,"cookies":"a"}', undefined],
  // The others have no answer without a status, but REST APIs with headers alone.
  [V1, '"hello"', undefined],
  [V1, "{}", undefined],
  [V1, '{"statusCode":200,"body":"a"}', "200 - a"],
  [REST, "{}", undefined],
  [REST, '{"headers":{"a":"b"}}', "200 application/json "],
  [REST, '{"statusCode":"201"}', "201 application/json "],
  [REST, '{"statusCode":200,"wrongValue":1}', undefined],
  [REST, '{"statusCode":200,"headers":null,"body":"a"}', "200 application/json a"],
  [REST, '{"statusCode":200,"multiValueHeaders":{"a":"b"}}', undefined],
  [
    ALB,
    '{"statusCode":200,"statusDescription":"200 OK","headers":{"Content-Type":"text/plain"},"body":"a"}',
    "200 text/plain a",
  ],
  [ALB, "[]", undefined],
];

describe("a function's answer", () => {
  for (const [door, json, answer] of CASES) {
    const kind = door.isFunctionUrl ? "a URL" : door.payload;
    it(`${json ?? "nothing"} by ${kind} is ${answer ?? "no answer"}`, () => assert.equal(shown(door, json), answer));
  }

  it("of payload 2.0 sets each cookie in a header of its own", () => {
    const answer = functionAnswer(HTTP, '{"statusCode":200,"cookies":["a=1","b=2; Path=/"]}');
    assert.deepEqual(answer?.headers.slice(0, 2), [
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2; Path=/"],
    ]);
  });

  it("of payload 2.0 has no multiValueHeaders", () => {
    const answer = functionAnswer(HTTP, '{"statusCode":200,"multiValueHeaders":{"x":["a"]}}');
    assert.deepEqual(answer?.headers, [["content-type", "text/plain; charset=utf-8"]]);
  });

  it("of REST APIs has the values of both maps, by the name in multiValueHeaders", () => {
    const json =
      '{"statusCode":200,"multiValueHeaders":{"X-Name":["value-multi"]},"headers":{"x-name":"value-solo","b":true}}';
    assert.deepEqual(functionAnswer(REST, json)?.headers, [
      ["b", "true"],
      ["X-Name", "value-multi"],
      ["X-Name", "value-solo"],
      ["content-type", "application/json"],
    ]);
  });

  it("says nothing about how it is sent", () => {
    const json = '{"statusCode":200,"headers":{"Transfer-Encoding":"chunked","Content-Length":"9","connection":"x"}}';
    assert.deepEqual(functionAnswer(HTTP, json)?.headers, [["content-type", "text/plain; charset=utf-8"]]);
  });
});

describe("what a front door answers by itself", () => {
  const errors: readonly (readonly [Kind, Parameters<typeof doorError>[1], number, string])[] = [
    [HTTP, "unauthorized", 401, '{"message":"Unauthorized"}'],
    [HTTP, "forbidden", 403, '{"message":"Forbidden"}'],
    [HTTP, "too_large", 413, '{"message":"Request Entity Too Large"}'],
    [HTTP, "throttled", 429, '{"message":"Too Many Requests"}'],
    [HTTP, "timed_out", 503, '{"message":"Service Unavailable"}'],
    [V1, "function_failed", 500, '{"message":"Internal Server Error"}'],
    [URL_DOOR, "function_failed", 502, "Internal Server Error"],
    [
      URL_DOOR,
      "forbidden",
      403,
      '{"Message":"Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"}',
    ],
    [REST, "function_failed", 502, '{"message": "Internal server error"}'],
    [REST, "timed_out", 504, '{"message": "Endpoint request timed out"}'],
  ];
  for (const [door, error, status, body] of errors) {
    it(`${error} by ${door.isFunctionUrl ? "a URL" : door.payload} is ${status}`, () => {
      const answer = doorError(door, error);
      assert.deepEqual([answer.status, answer.body.toString()], [status, body]);
    });
  }
});
