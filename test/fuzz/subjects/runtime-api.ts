import { GatewayExtensions } from "../../../src/edge/runtime-api/extensions/gateway-extensions.ts";
import assert from "node:assert/strict";
import { contentOf } from "../../../src/edge/runtime-api/take-answer.ts";
import { answerOfRelayed, judgeEnvironmentAnswer } from "../../../src/edge/runtime-api/environment-answer.ts";
import { decodeRelayMessage, encodeRelayMessage, relayMark } from "../../../src/flow/hold/relay-message.ts";
import { runtimeApiListener } from "../../../src/edge/runtime-api/listener.ts";
import { parseJson } from "../../../src/json/json.ts";
import type { Chance } from "../../simulation/chance.ts";
import { answerTo } from "../in-process-http.ts";
import type { Subject } from "./subject.ts";
import { header, texts } from "./subject.ts";

const SECRET = "the-secret-of-audit-1";
/** An input as often in a row: what takes longer than its length, does so at length. */
const REPEATS = [1, 1, 1, 64, 1_024];
const BYTES_MAX = 1_048_576;

const MARK = relayMark("runtime-api");
const ERROR = Buffer.from('{"errorType":"Error","errorMessage":"boom","trace":[]}');

/** Nobody without the secret gets further than its answer, no answer is the router's mistake, and each has an outcome. */
export const runtimeApi: Subject = {
  name: "Runtime API",
  weight: 2,
  corpus: [
    ...texts(
      "/2018-06-01/runtime/invocation/next",
      `/${SECRET}/2018-06-01/runtime/invocation/1/response`,
      `/${SECRET}/2018-06-01/runtime/invocation/1/error`,
      "/2018-06-01/runtime/init/error",
      '{"orders":[{"id":1}]}',
      "[[[[[[[[[[",
      ERROR.toString(),
      ERROR.toString("base64"),
    ),
    encodeRelayMessage(MARK, {
      type: "answer",
      ask: "1",
      from: "amq.gen-1",
      scope: "audit",
      id: "1",
      answer: { fields: { kind: "error" }, body: ERROR },
    }),
  ],
  async run(input, chance) {
    const long = Buffer.concat(Array<Buffer>(chance.pick(REPEATS)).fill(input)).subarray(0, BYTES_MAX);
    await tryRequest(input, long, chance);
    tryOutcome(long, chance);
    const relayed = decodeRelayMessage(MARK, long);
    const answer = relayed?.type === "answer" ? answerOfRelayed(relayed.answer) : undefined;
    if (answer !== undefined) judgeEnvironmentAnswer("1", answer);
  },
};

async function tryRequest(input: Buffer, long: Buffer, chance: Chance): Promise<void> {
  const host = chance.pick(["audit.busbar:9001", "stock", "[::1]:9001", "", "..", header(long)]);
  const reached: string[] = [];
  const listener = runtimeApiListener(
    {
      knows: () => true,
      refusalOf: (name, given) => (name === "audit" && given.secret !== SECRET ? "a secret is missing" : undefined),
      next: (request) => {
        reached.push("next");
        request.refuse(404, "NotFound", "nothing");
      },
      receiver: () => {
        reached.push("receiver");
        return Promise.resolve({
          ended: new AbortController().signal,
          settle: (answer) => {
            judgeEnvironmentAnswer("1", answer);
            return Promise.resolve("taken");
          },
        });
      },
      extensions: new GatewayExtensions("000000000000", () => undefined),
      initError: () => {
        reached.push("initError");
        return true;
      },
    },
    { onError: (error) => assert.fail(error) },
  );
  const path = header(chance.pick([input, long])).replaceAll(/[^\x21-\x7e]/g, "");
  const url = `/${path.slice(1)}`;
  const { status } = await answerTo(listener, {
    method: chance.pick(["GET", "POST"]),
    url,
    headers: { host, "lambda-runtime-function-response-mode": chance.pick(["streaming", header(input)]) },
    body: long,
  });
  assert.ok(status >= 200 && status < 500, String(status));
  assert.ok(reached.length === 0 || !isAudit(host) || url.startsWith(`/${SECRET}/`), "reached without the secret");
}

/** A response with the input as its body, its error's type or its error's body is an outcome whose response is JSON. */
function tryOutcome(long: Buffer, chance: Chance): void {
  const trailers = {
    "lambda-runtime-function-error-type": chance.pick(["", header(long)]),
    "lambda-runtime-function-error-body": chance.pick(["", header(long), long.toString("base64")]),
  };
  const request = { headers: {}, trailers } as unknown as Parameters<typeof contentOf>[0];
  const content = contentOf(request, { id: "1", kind: chance.pick(["response", "error"] as const) }, long, BYTES_MAX);
  const outcome = judgeEnvironmentAnswer("1", content);
  const { responseJson } = outcome;
  assert.ok(responseJson === undefined || parseJson(responseJson) !== undefined, "the response is not JSON");
}

function isAudit(host: string): boolean {
  return /^audit(?=[.:]|$)/i.test(host);
}
