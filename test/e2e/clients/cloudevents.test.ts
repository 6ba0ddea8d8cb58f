import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { CloudEvent, emitterFor, HTTP, httpTransport, Mode } from "cloudevents";
import { eventually } from "../../contract/waiting.ts";
import { suiteEndings } from "../../support/endings.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { RecordingFunction } from "../../support/functions/recording-function.ts";
import { Router } from "../../support/router/router.ts";

function cloudEvent(id: string, over: object = {}): CloudEvent<unknown> {
  return new CloudEvent({
    id,
    source: "/shop/checkout?till=7",
    type: "com.example.order.placed",
    subject: "Order 7",
    time: "2026-01-02T03:04:05.678Z",
    datacontenttype: "application/json",
    dataschema: "https://example.com/order.json",
    tenant: "blue",
    priority: 3,
    express: true,
    data: { total: 250, items: [{ sku: "lamp" }] },
    ...over,
  });
}

for (const kind of ["embedded", "RabbitMQ"] as const) {
  describe(`CloudEvents, on ${kind}`, () => {
    let subscriber: RecordingFunction;
    let plain: RecordingFunction;
    let router: Router;
    const endings = suiteEndings();

    before(async () => {
      subscriber = await RecordingFunction.start();
      plain = await RecordingFunction.start();
      endings.after(() => Promise.all([subscriber.stop(), plain.stop()]));
      const config = `
eventBuses: { shop: {} }
functions:
  subscriber: { http: { url: "${subscriber.url}", format: cloudevents } }
  plain: { http: { url: "${plain.url}" } }
rules:
  shop/blue:
    eventPattern: { detail-type: [com.example.order.placed], cloudevent: { tenant: [blue] } }
    targets: { subscriber: { function: subscriber } }
  shop/urgent:
    eventPattern: { cloudevent: { priority: [{ numeric: [">", 5] }], express: [true] } }
    targets: { plain: { function: plain } }
`;
      const queues = ["busbar.function.subscriber", "busbar.function.plain"];
      const BUSBAR_BROKER = kind === "embedded" ? "embedded" : await freshVhost(endings, queues);
      router = await Router.start({ config, env: { BUSBAR_BROKER } });
      endings.after(() => router.remove());
    });

    /** What the subscriber got for a CloudEvent, as the package reads it. */
    async function received(id: string): Promise<CloudEvent<unknown>> {
      await eventually(`${id} arrived`, () => subscriber.eventIds.has(id));
      const call = subscriber.calls.find(({ eventId }) => eventId === id);
      const read = HTTP.toEvent({ headers: call?.headers ?? {}, body: call?.body });
      assert.ok(read instanceof CloudEvent);
      return read;
    }

    for (const [name, mode] of [
      ["structured", Mode.STRUCTURED],
      ["binary", Mode.BINARY],
    ] as const) {
      it(`A CloudEvent that the SDK emits in ${name} mode is delivered unchanged`, async () => {
        const sent = cloudEvent(`${kind}-${name}`);
        const emit = emitterFor(httpTransport(`${router.publicUrl}/event-buses/shop/events`), { mode });
        const { body } = (await emit(sent)) as { body: string };
        assert.deepEqual(JSON.parse(body), { eventId: sent.id });
        const got = (await received(sent.id)).toJSON();
        // Binary mode has headers for attributes: the number and the boolean went out as text.
        const asText = mode === Mode.BINARY ? { priority: "3", express: "true" } : {};
        assert.deepEqual(got, { ...sent.toJSON(), ...asText });
        assert.equal(sent.time, "2026-01-02T03:04:05.678Z");
      });
    }

    it("A batch of CloudEvents is answered one by one, in order, and its bytes and texts are delivered unchanged", async () => {
      const data = Uint8Array.from([0, 255, 1, 254]);
      const octets = { datacontenttype: "application/octet-stream", dataschema: undefined };
      const bytes = cloudEvent(`${kind}-bytes`, { ...octets, data });
      const text = cloudEvent(`${kind}-text`, { datacontenttype: "text/plain", data: "two lamps" });
      const response = await fetch(`${router.publicUrl}/event-buses/shop/events`, {
        method: "POST",
        headers: { "content-type": "application/cloudevents-batch+json" },
        body: JSON.stringify([bytes, { specversion: "1.0", id: "no-source", type: "t" }, text]),
      });
      assert.equal(response.status, 200);
      const [first, second, third] = (await response.json()) as Record<string, unknown>[];
      assert.deepEqual([first?.["eventId"], third?.["eventId"]], [bytes.id, text.id]);
      assert.match(JSON.stringify(second), /source/);

      assert.equal((await received(bytes.id)).data_base64, Buffer.from(data).toString("base64"));
      assert.equal((await received(text.id)).data, "two lamps");
    });

    it("Extension attributes of a CloudEvent can be matched, and stand in the event that a function gets", async () => {
      // The package cuts times to the millisecond, and other senders do not.
      const written = { time: "2026-01-02T03:04:05.678901Z", subject: "Bestellung 7: 50% größer" };
      const send = async (id: string, over: object) => {
        const response = await fetch(`${router.publicUrl}/event-buses/shop/events`, {
          method: "POST",
          headers: { "content-type": "application/cloudevents+json" },
          body: JSON.stringify({ ...cloudEvent(id).toJSON(), ...written, tenant: "red", ...over }),
        });
        assert.equal(response.status, 202);
        assert.deepEqual(await response.json(), { eventId: id });
      };
      await send("calm", { priority: 5 });
      await send("urgent", { priority: 6 });
      await eventually("the urgent one arrived", () => plain.calls.length > 0);

      assert.deepEqual([...plain.eventIds], ["urgent"]);
      const event = plain.calls[0]?.body as Record<string, Record<string, unknown>>;
      assert.equal(event["time"], "2026-01-02T03:04:05Z");
      assert.equal(event["source"], "/shop/checkout?till=7");
      assert.deepEqual(event["resources"], ["Bestellung 7: 50% größer"]);
      assert.equal(event["cloudevent"]?.["time"], "2026-01-02T03:04:05.678901Z");
      assert.equal(event["cloudevent"]["tenant"], "red");
      assert.equal(event["cloudevent"]["priority"], 6);
      assert.deepEqual(event["detail"], { total: 250, items: [{ sku: "lamp" }] });
      assert.ok(!subscriber.eventIds.has("urgent"));
    });
  });
}
