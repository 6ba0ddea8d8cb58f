import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { BareRouter } from "../../support/router/bare-router.ts";
import { busbar, busbarProcess } from "../../support/router/command-line.ts";
import { withFolder } from "../../support/config-folder.ts";
import { freePorts } from "../../support/http/free-ports.ts";

function order(orderId: number): object {
  return { Source: "shop.checkout", DetailType: "OrderPlaced", Detail: { orderId } };
}

describe("busbar put-events", () => {
  let router: BareRouter;
  before(async () => void (router = await BareRouter.start()));
  after(() => router.stop());

  /** What has arrived since the last call, as text. */
  async function arrived(): Promise<string[]> {
    const messages = await router.broker.peek("orders", 100);
    await router.broker.purge("orders");
    return messages.map(({ body }) => body.toString());
  }

  it("put-events puts one event and prints its id", async () => {
    const { code, stdout, stderr } = await busbar([
      ...["put-events", "--url", router.publicUrl, "--source", "shop.checkout", "--detail-type", "OrderPlaced"],
      ...["--detail", '{"total":1.50}', "--bus", "default"],
    ]);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    const [event, ...others] = await arrived();
    assert.equal(`${(JSON.parse(event!) as { id: string }).id}\n`, stdout);
    assert.match(event!, /"detail":\{"total":1\.50\}\}$/);
    assert.deepEqual(others, []);
  });

  it("put-events puts the entries of a JSON array in batches of ten, in their order", async () => {
    const entries = Array.from({ length: 25 }, (_, index) => order(index));
    await withFolder({ "orders.json": JSON.stringify(entries, null, 2) }, async (folder) => {
      const file = join(folder, "orders.json");
      const { code, stdout, stderr } = await busbar(["put-events", file, "--url", router.publicUrl]);
      assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
      const events = (await arrived()).map((event) => JSON.parse(event) as { id: string; detail: { orderId: number } });
      assert.deepEqual(
        events.map(({ detail }) => detail.orderId),
        entries.map((_, index) => index),
      );
      assert.equal(stdout, events.map(({ id }) => `${id}\n`).join(""));
    });
  });

  it("put-events puts the entries of JSON lines, with their numbers as they were written", async () => {
    const line = '{"Source":"shop.checkout","DetailType":"OrderPlaced","Detail":{"orderId":12345678901234567890}}';
    const input = `${line}\n\n${line}\n`;
    const { code } = await busbarProcess(["put-events", "-", "--url", router.publicUrl], { input });
    assert.equal(code, 0);
    const events = await arrived();
    assert.equal(events.length, 2);
    for (const event of events) assert.match(event, /"orderId":12345678901234567890/);
  });

  it("put-events puts entries that are too large for one request one after the other", async () => {
    const large = { ...order(1), Detail: { text: "x".repeat(600 * 1024) } };
    const input = JSON.stringify([large, large]);
    const { code, stderr } = await busbar(["put-events", "-", "--url", router.publicUrl], { input });
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    assert.equal((await arrived()).length, 2);
  });

  it("put-events says which entries were not accepted, and ends with exit code 1", async () => {
    const input = JSON.stringify([order(1), { ...order(2), Detail: "[]" }, { ...order(3), Source: "" }]);
    const { code, stdout, stderr } = await busbar(["put-events", "-", "--url", router.publicUrl], { input });
    assert.match(stdout, /^id-\d+\n$/);
    assert.equal(
      stderr,
      "entry 2: MalformedDetail: Detail is malformed.\n" +
        "entry 3: InvalidArgument: Parameter Source is not valid. Reason: Source is a required argument.\n" +
        "2 of 3 entries failed\n",
    );
    assert.equal(code, 1);
    assert.equal((await arrived()).length, 1);
  });

  it("put-events --json prints PutEvents' answer", async () => {
    const input = JSON.stringify([order(1), { ...order(2), Detail: "[]" }]);
    const { code, stdout } = await busbar(["put-events", "-", "--json", "--url", router.publicUrl], { input });
    const [event] = await arrived();
    assert.deepEqual(JSON.parse(stdout), {
      FailedEntryCount: 1,
      Entries: [
        { EventId: (JSON.parse(event!) as { id: string }).id },
        { ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." },
      ],
    });
    assert.equal(code, 1);
  });

  it("put-events names the line that is not JSON, and puts nothing", async () => {
    const input = `${JSON.stringify(order(1))}\n{"Source":\n`;
    const { code, stderr } = await busbar(["put-events", "-", "--url", router.publicUrl], { input });
    assert.match(stderr, /^standard input:2 is not JSON: .+\n$/);
    assert.equal(code, 1);
    assert.deepEqual(await arrived(), []);
  });

  it("put-events says that no router answers, without a stack trace", async () => {
    const [port] = await freePorts(1);
    const env = { BUSBAR_HTTP_PORT: String(port), BUSBAR_HOST: "0.0.0.0" };
    const { code, stderr } = await busbar(["put-events", "--source", "shop.checkout"], { env });
    assert.equal(stderr, `no router answers at http://127.0.0.1:${port}: is \`npm start\` running?\n`);
    assert.equal(code, 1);
  });

  it("put-events needs entries, and from one place only", async () => {
    const stderr = "name a file of entries, or give one event by --source, --detail-type and --detail\n";
    assert.deepEqual(await busbar(["put-events"]), { code: 1, stdout: "", stderr });
    assert.deepEqual(await busbar(["put-events", "-", "--source", "a"]), { code: 1, stdout: "", stderr });
  });
});

/** A router that answers what it is told to, one answer after the other, and keeps what it was asked. */
async function scripted(
  answers: readonly (readonly [status: number, body: unknown])[],
  use: (url: string, bodies: readonly string[]) => Promise<void>,
): Promise<void> {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const [status, answer] = answers[bodies.length] ?? [500, {}];
      bodies.push(body);
      response.writeHead(status, { "retry-after": "0" }).end(JSON.stringify(answer));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies);
  } finally {
    server.closeAllConnections();
    await once(server.close(), "close");
  }
}

describe("busbar put-events to a busy router", { concurrency: 2 }, () => {
  const accepted = [200, { FailedEntryCount: 0, Entries: [{ EventId: "e-1" }] }] as const;
  const throttled = { __type: "ThrottlingException", message: "Too much is in flight." };
  const unavailable = [503, { __type: "ServiceUnavailable", message: "the broker is blocked" }] as const;
  const put = (url: string) => busbar(["put-events", "--url", url, "--source", "shop.checkout"]);

  it("put-events tries again when a router is busy", async () => {
    await scripted([[429, throttled], [400, throttled], unavailable, accepted], async (url, bodies) => {
      assert.deepEqual(await put(url), { code: 0, stdout: "e-1\n", stderr: "" });
      assert.deepEqual(bodies, Array<string>(4).fill('{"Entries":[{"Source":"shop.checkout"}]}'));
    });
  });

  it("put-events gives up after five tries", async () => {
    await scripted(
      Array.from({ length: 6 }, () => unavailable),
      async (url, bodies) => {
        const stderr = "ServiceUnavailable: the broker is blocked\n";
        assert.deepEqual(await put(url), { code: 1, stdout: "", stderr });
        assert.equal(bodies.length, 5);
      },
    );
  });

  it("put-events does not try again what is refused for good, and says which entries got no answer", async () => {
    const ten = [200, { Entries: Array.from({ length: 10 }, (_, index) => ({ EventId: `e-${index}` })) }] as const;
    const refused = [400, { __type: "ValidationException", message: "Total size is over the limit." }] as const;
    await scripted([ten, refused], async (url, bodies) => {
      const input = JSON.stringify(Array.from({ length: 25 }, (_, index) => order(index)));
      const { code, stdout, stderr } = await busbar(["put-events", "-", "--url", url], { input });
      assert.equal(stdout.split("\n").length, 11);
      assert.equal(stderr, "ValidationException: Total size is over the limit.\nentries 11 to 25 got no answer\n");
      assert.equal(code, 1);
      assert.equal(bodies.length, 2);
    });
  });

  it("put-events says that what answers is no router", async () => {
    await scripted([[404, "nothing here"]], async (url) => {
      const stderr = `what answers at ${url} is not a router: HTTP 404\n`;
      assert.deepEqual(await put(url), { code: 1, stdout: "", stderr });
    });
  });
});
