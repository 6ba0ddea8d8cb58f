import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import {
  CreateApiDestinationCommand,
  CreateConnectionCommand,
  type EventBridgeClient,
} from "@aws-sdk/client-eventbridge";
import type { ConnectionListAnswer } from "../../../src/admin-api/configuration/connections.ts";
import { eventually } from "../../contract/waiting.ts";
import { eventsClient } from "../../support/aws/events-client.ts";
import { type BrowserPage, IN_A_BROWSER, openBrowser } from "../../support/console/browser-page.ts";
import { serveConsoleOf } from "../../support/console/console-of-router.ts";
import { suiteEndings } from "../../support/endings.ts";
import { serveHttp } from "../../support/http/http-target.ts";
import { busbar } from "../../support/router/command-line.ts";
import { Router } from "../../support/router/router.ts";

const SECRETS = ["basic-pass-1", "client-pass-1", "user-1", "client-1"];

describe("Connections where operators look for them", { ...IN_A_BROWSER, timeout: 120_000 }, () => {
  let router: Router;
  let client: EventBridgeClient;
  let url: string;
  let opened: BrowserPage;
  const endings = suiteEndings();
  const wrong: string[] = [];

  const list = async (query = "") => {
    const answer = await fetch(`${router.adminUrl}/api/v1/connections${query}`);
    return (await answer.json()) as ConnectionListAnswer;
  };
  const namesIn = ({ connections }: ConnectionListAnswer) => connections.map(({ name }) => name);

  before(async () => {
    const refusing = await serveHttp((request, response) => {
      request.resume();
      response.writeHead(401).end();
    });
    endings.after(() => refusing.stop());
    const env = { BUSBAR_SECRET_KEY: randomBytes(32).toString("base64") };
    router = await Router.start({ config: "queues: {}", env });
    endings.after(() => router.remove());
    client = eventsClient(router.publicUrl);
    endings.after(() => Promise.resolve(client.destroy()));
    const { ConnectionArn: crm } = await client.send(
      new CreateConnectionCommand({
        Name: "crm",
        AuthorizationType: "BASIC",
        AuthParameters: { BasicAuthParameters: { Username: SECRETS[2] ?? "", Password: SECRETS[0] ?? "" } },
      }),
    );
    const { ConnectionArn: ledger } = await client.send(
      new CreateConnectionCommand({
        Name: "ledger",
        Description: "Refused",
        AuthorizationType: "OAUTH_CLIENT_CREDENTIALS",
        AuthParameters: {
          OAuthParameters: {
            ClientParameters: { ClientID: SECRETS[3] ?? "", ClientSecret: SECRETS[1] ?? "" },
            AuthorizationEndpoint: `${refusing.url}/token`,
            HttpMethod: "POST",
          },
        },
      }),
    );
    for (const [Name, ConnectionArn] of [
      ["orders", crm],
      ["customers", crm],
      ["ledger", ledger],
    ] as const) {
      const destination = { Name, ConnectionArn, InvocationEndpoint: `${refusing.url}/x`, HttpMethod: "POST" } as const;
      await client.send(new CreateApiDestinationCommand(destination));
    }
    await eventually(
      "the token is refused",
      async () => (await list("?connection=ledger&unusable=true")).connections.length === 1,
    );
    url = await serveConsoleOf(router, endings, wrong);
    opened = await openBrowser(endings, url, wrong);
  });
  after(() => assert.deepEqual(wrong, []));

  it("The admin API lists them page by page, with state, reason and users, and none of their parameters", async () => {
    const all = await list();
    const [crm, ledger] = all.connections;
    assert.ok(Math.abs(Date.now() - (crm?.lastAuthorizedAtMs ?? 0)) < 60_000);
    assert.deepEqual(
      { ...crm, createdAtMs: 0, changedAtMs: 0, lastAuthorizedAtMs: 0 },
      {
        name: "crm",
        authorizationType: "BASIC",
        state: "AUTHORIZED",
        createdAtMs: 0,
        changedAtMs: 0,
        lastAuthorizedAtMs: 0,
        apiDestinations: ["customers", "orders"],
        apiDestinationCount: 2,
      },
    );
    assert.deepEqual(
      [ledger?.state, ledger?.description, ledger?.apiDestinations],
      ["DEAUTHORIZED", "Refused", ["ledger"]],
    );
    assert.match(ledger?.stateReason ?? "", /no access token, HTTP 401/);
    assert.equal(ledger?.unusable, "connection ledger is DEAUTHORIZED: update it with new parameters");
    const text = JSON.stringify(all);
    for (const secret of SECRETS) assert.ok(!text.includes(secret), secret);

    const first = await list("?limit=1");
    assert.deepEqual([namesIn(first), first.next], [["crm"], "crm"]);
    const second = await list("?limit=1&after=crm");
    assert.deepEqual([namesIn(second), second.next], [["ledger"], undefined]);
    assert.deepEqual(namesIn(await list("?connection=ledger")), ["ledger"]);
    assert.deepEqual(namesIn(await list("?unusable=false")), ["crm"]);
  });

  it("The command line prints them, and one with its reason", async () => {
    const admin = ["--admin-url", router.adminUrl];
    const all = await busbar(["connections", ...admin]);
    assert.match(
      all.stdout,
      /^CONNECTION +TYPE +STATE +LAST AUTHORIZED +USED BY\ncrm +BASIC +AUTHORIZED +\d{4}-\S+ +customers, orders\n/,
    );
    const one = await busbar(["connections", "ledger", ...admin]);
    assert.match(one.stdout, /\nledger +OAUTH_CLIENT_CREDENTIALS +DEAUTHORIZED +- +ledger\n/);
    assert.match(one.stdout, /\nnot authorized: OAuth: .*HTTP 401\n/);
    const none = await busbar(["connections", "none", ...admin]);
    assert.deepEqual([none.code, none.stderr], [1, 'there is no connection "none"\n']);
  });

  it("The overview says that one fails, its page says why, and a destination leads to its connection", async () => {
    const { page, see } = opened;
    await page.goto(url);
    await see("1 API destination uses it; deliveries are tried again.");
    await page.getByRole("link", { name: "See the connection" }).click();
    const dialog = page.getByRole("dialog", { name: "ledger" });
    await dialog.getByText(/Not authorized: OAuth: .*HTTP 401/).waitFor();
    await dialog.getByRole("button", { name: "Close" }).click();
    await page.waitForURL(`${url}connections`);
    await page.getByRole("row", { name: /crm authorized Basic .* 2 API destinations/ }).waitFor();
    await page.goto(`${url}connections?connection=crm`);
    await page.getByRole("link", { name: "api-destination/orders" }).click();
    await page.waitForURL(/destinations#/);
    for (const secret of SECRETS) assert.ok(!(await page.content()).includes(secret), secret);
  });
});
