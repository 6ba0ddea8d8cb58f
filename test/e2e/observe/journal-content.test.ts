import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { DeliveryAnswer, ListPage } from "../../../src/admin-api/history/history.ts";
import type { EventBodyListed, Flows } from "../../../src/admin-api/history/flows.ts";
import { eventually } from "../../contract/waiting.ts";
import { busbar } from "../../support/router/command-line.ts";
import { RecordingFunction } from "../../support/functions/recording-function.ts";
import { Router } from "../../support/router/router.ts";

describe("What the console finds in the journal", () => {
  it("Events are found by an indexed value, counted by rule, and shown with their JSON; a test is marked as one", async (t) => {
    const fn = await RecordingFunction.start();
    t.after(() => fn.stop());
    const config = `
journal: { bodies: all, fields: [detail.orderId, detail.password] }
functions:
  work: { http: { url: "${fn.url}" } }
rules:
  all: { eventPattern: { source: [shop] }, targets: { work: { function: work } } }
`;
    const router = await Router.start({ config, env: { BUSBAR_CONSOLE_PORT: "0" } });
    t.after(() => router.remove());
    const consoleUrl = String(router.log.find(({ msg }) => msg === "listening")?.["consoleUrl"]);
    const ask = async <Answer>(path: string): Promise<Answer> =>
      (await (await fetch(`${consoleUrl}api/v1/${path}`)).json()) as Answer;

    const details = ["o-1", "o-2", "o-1"].map((orderId) => ({ orderId, password: "s3cr3t" }));
    const { eventIds } = await router.put(details.map((detail) => ({ source: "shop", detail })));
    const find = (field: string) =>
      busbar(["events", "find", "--console-url", consoleUrl, "--json", "--field", field]).then(({ stdout }) =>
        (JSON.parse(stdout) as { id: string }[]).map(({ id }) => id),
      );
    await eventually("they are indexed", async () => (await find("detail.orderId:o-1")).length === 2);
    assert.deepEqual((await find("detail.orderId:o-1")).toSorted(), [eventIds[0], eventIds[2]].toSorted());
    assert.deepEqual(await find("detail.password:s3cr3t"), []);
    assert.equal((await find("detail.password:***")).length, 3);
    assert.equal((await fetch(`${consoleUrl}api/v1/events?field=nothing`)).status, 400);

    const { rows } = await ask<ListPage<EventBodyListed>>("event-bodies?bus=default");
    const shown = rows.map(({ body }) => (JSON.parse(body) as { detail: object }).detail);
    assert.deepEqual(shown.at(-1), { orderId: "o-1", password: "***" });
    assert.equal(shown.length, 3);

    const answer = await fetch(`${consoleUrl}api/v1/functions/work/test`, { method: "POST", body: "{}" });
    const last = (await answer.text()).trimEnd().split("\n").at(-1) ?? "";
    const { deliveryId } = JSON.parse(last) as { deliveryId: string };
    const way = () => ask<Partial<DeliveryAnswer>>(`deliveries/${deliveryId}`);
    await eventually("the test is indexed", async () => (await way()).delivery?.attempts.length === 1);
    assert.deepEqual(
      (await way()).delivery?.attempts.map(({ test, statusCode }) => [test, statusCode]),
      [[true, 200]],
    );
    const flows = () => ask<Flows>(`flows?atMs=${Date.now()}`);
    await eventually("attempts are counted", async () => (await flows()).targets[0]?.delivered === 3);
    const { rules, targets } = await flows();
    assert.deepEqual(rules, [{ bus: "default", rule: "all", lastHour: 3, lastDay: 3 }]);
    assert.deepEqual(targets, [{ bus: "default", rule: "all", destination: "function/work", delivered: 3, failed: 0 }]);
  });
});
