import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { eventually } from "../../contract/waiting.ts";
import { type BrowserPage, IN_A_BROWSER, openBrowser } from "../../support/console/browser-page.ts";
import { serveConsoleOf } from "../../support/console/console-of-router.ts";
import { suiteEndings } from "../../support/endings.ts";
import { edit } from "../../support/console/json-editor.ts";
import { Router } from "../../support/router/router.ts";

const CONFIG = `
queues: { orders: {} }
archives: { all: { bus: default } }
rules:
  in-a-file: { eventPattern: { source: [file] }, targets: { q: { queue: orders } } }
`;

describe("Rules on the console's pages", IN_A_BROWSER, () => {
  let router: Router;
  let url: string;
  let page: BrowserPage["page"];
  let see: BrowserPage["see"];
  const endings = suiteEndings();
  const wrong: string[] = [];

  before(async () => {
    router = await Router.start({ config: CONFIG });
    endings.after(() => router.remove());
    url = await serveConsoleOf(router, endings, wrong);
    ({ page, see } = await openBrowser(endings, url, wrong));
  });
  after(() => assert.deepEqual(wrong, []));

  const openRule = (name: string) => page.getByRole("button", { name, exact: true }).click();

  it("A rule is made by the form, with the event beside its pattern, and fires", async () => {
    await page.goto(`${url}rules`);
    await page.getByRole("link", { name: "New rule" }).click();
    // Whatever else can be pressed in the form does not save it.
    await page.getByRole("button", { name: "Try the last 1,000" }).click();
    await page.getByRole("alert").waitFor();
    assert.equal(await page.getByText("The name is missing.").count(), 0);
    await page.getByRole("button", { name: "Save the rule" }).click();
    await see("The name is missing.");
    await page.getByLabel("Name").fill("big-orders");
    await edit(page, "Pattern", '{"source":["shop"],"detail":{"total":[{"numeric":[">=",100]}]}}');
    await edit(page, "Event", '{"source":"shop","detail-type":"OrderPlaced","detail":{"total":40}}');
    await see("The event does not match the pattern, because of detail.total.");
    await page.getByLabel("Id", { exact: true }).fill("queue");
    const known = page.locator("#known-arns option");
    await eventually("the queue's ARN is offered", async () => (await known.count()) > 0);
    await page.getByLabel("ARN", { exact: true }).fill((await known.first().getAttribute("value")) ?? "");
    await page.getByRole("button", { name: "Save the rule" }).click();
    await page.waitForURL(/rules\?bus=default&rule=big-orders$/);
    await openRule("big-orders");
    await page.getByRole("dialog").getByText("queue → queue/orders").waitFor();
    await router.put([{ source: "shop", detail: { total: 100 } }]);
    await eventually("the rule fires", async () => (await router.depth("orders")) === 1);
  });

  it("A rule is changed and keeps what the form does not know, is disabled, and deleted with its targets", async () => {
    const members = {
      Name: "kept",
      EventPattern: '{"source":["kept"]}',
      RoleArn: "arn:aws:iam::000000000000:role/r",
    };
    await events("PutRule", members);
    const target = {
      Id: "q",
      Arn: "arn:aws:sqs:us-east-1:000000000000:orders",
      RetryPolicy: { MaximumRetryAttempts: 3 },
    };
    await events("PutTargets", { Rule: "kept", Targets: [target] });

    await page.goto(`${url}rules/edit?bus=default&rule=kept`);
    await page.getByLabel("Description").fill("for the audit");
    await page.getByRole("button", { name: "Add a target" }).click();
    await page.getByLabel("ARN", { exact: true }).last().fill("arn:aws:lambda:us-east-1:000000000000:function:later");
    await page.getByRole("button", { name: "Save the rule" }).click();
    await page.waitForURL(/rules\?bus=default&rule=kept$/);
    const described = await events("DescribeRule", { Name: "kept" });
    assert.deepEqual(
      [described["Description"], described["RoleArn"], described["EventPattern"]],
      ["for the audit", members.RoleArn, JSON.stringify({ source: ["kept"] }, undefined, 2)],
    );
    const { Targets } = await events("ListTargetsByRule", { Rule: "kept" });
    assert.deepEqual(Targets, [{ Id: "1", Arn: "arn:aws:lambda:us-east-1:000000000000:function:later" }, target]);

    await openRule("kept");
    await see("function/later, which does not exist");
    await page.getByRole("button", { name: "Disable" }).click();
    await page.getByRole("row", { name: /kept default disabled/ }).waitFor();
    await openRule("kept");
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByRole("button", { name: "Delete the rule" }).click();
    await see("No rule fits the filter");
    await assert.rejects(events("DescribeRule", { Name: "kept" }), /ResourceNotFoundException/);
  });

  it("A rule of a file says where it is changed, and the service's refusal is shown as it is", async () => {
    await page.goto(`${url}rules`);
    await openRule("in-a-file");
    await see(/busbar\.yaml:5:3/);
    assert.equal(await page.getByRole("button", { name: "Delete", exact: true }).count(), 0);
    await page.getByRole("button", { name: "Close" }).click();
    await openRule("Events-Archive-all");
    await see("It brings events to the archive, which manages it");
    assert.equal(await page.getByRole("link", { name: "Edit" }).count(), 0);
    await page.goto(`${url}rules/edit?bus=default&rule=in-a-file`);
    await page.getByLabel("Description").fill("mine now");
    await page.getByRole("button", { name: "Save the rule" }).click();
    await see("ManagedRuleException (400)");
    await see(/Rule in-a-file is managed by a configuration file/);
  });

  async function events(operation: string, input: object): Promise<Record<string, unknown>> {
    const response = await fetch(router.publicUrl, {
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": `AWSEvents.${operation}` },
      body: JSON.stringify(input),
    });
    const text = await response.text();
    assert.ok(response.ok, text);
    return JSON.parse(text) as Record<string, unknown>;
  }
});
