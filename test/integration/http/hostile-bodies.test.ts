import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { assertBoundedWork } from "../../support/bounded-work.ts";
import { publicApp } from "../../support/http/public-app.ts";

const MIB = 1_048_576;

const { app } = publicApp({ limits: { body: 16 * MIB } });
const server = createServer(app);

/** Posts a body, resolves with the answer's status. */
async function post(headers: Readonly<Record<string, string>>, body: string, path = "/"): Promise<number> {
  const { port } = server.address() as AddressInfo;
  const sent = request({ port, path, method: "POST", headers });
  sent.end(body);
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  answer.resume();
  await once(answer, "end");
  return Number(answer.statusCode);
}

const put = (body: string) =>
  post({ "content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSEvents.PutEvents" }, body);
const structured = (body: string) => post({ "content-type": "application/cloudevents+json" }, body, "/events");
const batch = (body: string) => post({ "content-type": "application/cloudevents-batch+json" }, body, "/events");
const binary = (body: string) => {
  const attributes = { "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/shop", "ce-type": "Ordered" };
  return post({ ...attributes, "content-type": "application/json" }, body, "/events");
};

/** So many bytes of something, as the items of a list. */
const list = (item: string) => (bytes: number) => `[${`${item},`.repeat(bytes / (item.length + 1))}${item}]`;

const SHAPES: readonly [what: string, make: (bytes: number) => string][] = [
  ["empty objects", list("{}")],
  ["empty lists", list("[]")],
  ["whole numbers", list("1")],
  ["numbers that a double changes", list("1.0")],
  ["nothing but opening brackets", (bytes) => "[".repeat(bytes)],
  ["deep nesting", (bytes) => `${"[".repeat(bytes / 2)}${"]".repeat(bytes / 2)}`],
  ["nests of a hundred levels", (bytes) => list(`${"[".repeat(100)}${"]".repeat(100)}`)(bytes)],
  ["one long text", (bytes) => `"${"x".repeat(bytes)}"`],
  ["one text of escapes", (bytes) => `"${'\\"'.repeat(bytes / 2)}"`],
  ["members that differ", (bytes) => `{${Array.from({ length: bytes / 13 }, (_, n) => `"key-${n}":1`).join()}}`],
  ["members that share a name", (bytes) => `{${'"data":1,'.repeat(bytes / 9)}"data":1}`],
  ["quotes", (bytes) => '"'.repeat(bytes)],
];

const ATTRIBUTES = '"specversion":"1.0","id":"1","source":"/shop","type":"Ordered"';
const ENTRY = '"Source":"shop","DetailType":"Ordered","Detail":"{}"';

const REQUESTS: readonly [what: string, send: (shape: string) => Promise<number>, bytesMax?: number][] = [
  ["a put", put, 8 * MIB],
  ["a put's entries", (shape) => put(`{"Entries":[{${ENTRY},"More":${shape}}]}`)],
  ["a put's resources", (shape) => put(`{"Entries":[{${ENTRY},"Resources":${shape}}]}`)],
  ["a batch of CloudEvents", batch, 8 * MIB],
  ["a CloudEvent", structured],
  ["a CloudEvent's data", (shape) => structured(`{${ATTRIBUTES},"data":${shape}}`), 8 * MIB],
  ["a CloudEvent's attribute", (shape) => structured(`{${ATTRIBUTES},"note":${shape}}`)],
  ["a CloudEvent's data in binary mode", binary],
];

describe("the public port, to a body that is made to take long", () => {
  before(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  after(() => server.close());

  for (const [what, send, bytesMax = MIB] of REQUESTS) {
    it(`A hostile body of ${what} takes no longer than its length asks for`, async () => {
      for (const [shape, make] of SHAPES) {
        for (const bytes of new Set([MIB, bytesMax])) {
          const body = make(bytes);
          await assertBoundedWork(`${what}: ${shape}`, bytes, () => send(body));
        }
      }
    });
  }

  it("A request with more members, values or levels than any needs is refused with the reason", async () => {
    assert.equal(await put(list("{}")(MIB)), 400);
    assert.equal(await structured(SHAPES.map(([, make]) => make(1_000))[9] ?? ""), 400);
  });
});
