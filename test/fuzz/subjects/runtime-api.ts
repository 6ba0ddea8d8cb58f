import assert from "node:assert/strict";
import { runtimeApiListener } from "../../../src/edge/targets/runtime-api/server.ts";
import { answerTo } from "../in-process-http.ts";
import type { Subject } from "./subject.ts";
import { texts, header } from "./subject.ts";

/** Nobody without the secret gets further than its answer, and no answer is the router's mistake. */
export const runtimeApi: Subject = {
  name: "Runtime API",
  weight: 2,
  corpus: texts(
    "/2018-06-01/runtime/invocation/next",
    "/the-secret-of-audit-1/2018-06-01/runtime/invocation/1/response",
    "/the-secret-of-audit-1/2018-06-01/runtime/invocation/1/error",
    "/2018-06-01/runtime/init/error",
  ),
  async run(input, chance) {
    const [secret, host] = [
      "the-secret-of-audit-1",
      chance.pick(["audit.busbar:9001", "stock", "[::1]:9001", "", ".."]),
    ];
    const told: string[] = [];
    const listener = runtimeApiListener(
      {
        admits: (name, given) => name !== "audit" || given === secret,
        next: (request) => {
          told.push("next");
          request.refuse(404, "NotFound", "nothing");
        },
        answer: () => {
          told.push("answer");
          return Promise.resolve("unknown");
        },
        initError: () => {
          told.push("initError");
          return true;
        },
      },
      { onError: (error) => assert.fail(error) },
    );
    const url = `/${header(input)
      .replaceAll(/[^\x21-\x7e]/g, "")
      .slice(1)}`;
    const { status } = await answerTo(listener, {
      method: chance.pick(["GET", "POST"]),
      url,
      headers: { host },
      body: input,
    });
    assert.ok(status >= 200 && status < 500, String(status));
    assert.ok(
      told.length === 0 || !host.startsWith("audit") || url.startsWith(`/${secret}/`),
      "told without the secret",
    );
  },
};
