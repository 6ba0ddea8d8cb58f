import assert from "node:assert/strict";
import type { LookupFunction } from "node:net";
import { describe, it } from "node:test";
import { Agent, request } from "undici";
import type { ApiDestination } from "../../../src/domain/target/function.ts";
import type { Outcome } from "../../../src/domain/failure/outcome.ts";
import { createAddressGuard, guardedConnector } from "../../../src/edge/targets/http/address-guard.ts";
import { apiDestinationInvoker } from "../../../src/edge/targets/api-destination/api-destination.ts";
import { invocation, NEVER, serveHttp } from "../../support/http/http-target.ts";

const PUBLIC = ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"];
const PRIVATE = [
  ...["0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.9.9.9", "168.63.129.16"],
  ...["169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.168.1.1", "198.18.0.1", "224.0.0.1"],
  ...["255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "::7f00:1", "64:ff9b::a9fe:a9fe"],
  ...["64:ff9b:1::a00:1", "2001::1", "2002:7f00:1::", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1"],
  ...["::ffff:0:127.0.0.1", "::ffff:0:a9fe:a9fe", "100:0:0:1::1"],
];

/** The loopback addresses as somebody may write them who hopes that nobody reads them so. */
const LOOPBACK_SPELLINGS = [
  ...["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"],
  ...["localhost", "LOCALHOST", "127。0。0。1", "①②⑦.0.0.1"],
];

function destination(url: string): ApiDestination {
  const auth = { kind: "none" } as const;
  return { name: "crm", url, method: "POST", auth, invocationRateLimitPerSecond: 300, concurrency: 1 };
}

async function call(url: string, allowedRanges: readonly string[]): Promise<Outcome> {
  const invoker = apiDestinationInvoker(destination(url), { addressGuard: createAddressGuard(allowedRanges) });
  const outcome = await invoker.invoke(invocation(), NEVER);
  await invoker.close();
  return outcome;
}

/** A server on every address of this machine, and the addresses that it was called at. */
async function callable() {
  const calledAt: (string | undefined)[] = [];
  const server = await serveHttp((request, response) => {
    calledAt.push(request.socket.localAddress);
    response.end();
  }, "0.0.0.0");
  return { calledAt, port: server.port, stop: () => server.stop() };
}

/** Resolves a name to other addresses each time, as a rebinding name server does. */
function rebinding(answers: readonly (readonly string[])[]): LookupFunction {
  const left = answers.map((addresses) => addresses.map((address) => ({ address, family: 4 })));
  return (_hostname, _options, callback) => callback(null, left.shift() ?? []);
}

describe("the address guard", () => {
  const guard = createAddressGuard([]);
  for (const address of PUBLIC) it(`lets ${address} through`, () => assert.equal(guard(address), true));
  for (const address of PRIVATE) it(`refuses ${address}`, () => assert.equal(guard(address), false));

  it("The address guard allows the configured ranges and nothing beside them", () => {
    const allowing = createAddressGuard(["10.1.0.0/16", "fd00:1::/32"]);
    const seen = ["10.1.2.3", "::ffff:10.1.2.3", "fd00:1::5", "10.2.0.1", "fd00:2::5"].map(allowing);
    assert.deepEqual(seen, [true, true, true, false, false]);
  });
});

describe("an API destination behind the guard", () => {
  it("An API destination behind the guard is not connected to at a private address, however that is written, and not tried again", async () => {
    const { calledAt, port, stop } = await callable();
    for (const host of LOOPBACK_SPELLINGS) {
      for (const scheme of ["http", "https"]) {
        const outcome = await call(`${scheme}://${host}:${port}/`, []);
        assert.ok(!outcome.ok, host);
        assert.equal(outcome.reason, "client_error", host);
        assert.match(outcome.message, /ADDRESS_NOT_ALLOWED \(.*BUSBAR_ALLOW_PRIVATE_DESTINATIONS\)$/);
      }
    }
    assert.deepEqual(calledAt, []);
    assert.ok((await call(`http://localhost:${port}/`, ["127.0.0.0/8"])).ok);
    assert.equal(calledAt.length, 1);
    await stop();
  });

  it("An API destination behind the guard is not reached by a name that resolves to a public address first and to a private one later", async () => {
    const { calledAt, port, stop } = await callable();
    const connect = guardedConnector({
      guard: createAddressGuard(["127.0.0.2/32"]),
      timeoutMs: 1_000,
      lookup: rebinding([["127.0.0.2"], ["127.0.0.1"], ["127.0.0.1", "127.0.0.2"]]),
    });
    const ask = async () => {
      // A new connection each time: a name is looked up for a connection, not for a call.
      const dispatcher = new Agent({ connect });
      await request(`http://rebinding.test:${port}/`, { dispatcher }).finally(() => dispatcher.destroy());
    };
    await ask();
    await assert.rejects(ask(), { code: "ADDRESS_NOT_ALLOWED" });
    await ask();
    assert.deepEqual(calledAt, ["127.0.0.2", "127.0.0.2"]);
    await stop();
  });

  it("An API destination behind the guard cannot send the router elsewhere by a redirect", async () => {
    const inside = await callable();
    for (const statusCode of [301, 302, 303, 307, 308]) {
      const outside = await serveHttp((_request, response) => {
        response.writeHead(statusCode, { location: `http://127.0.0.1:${inside.port}/` }).end();
      });
      const outcome = await call(outside.url, ["127.0.0.0/8"]);
      assert.equal(!outcome.ok && outcome.reason, "client_error");
      await outside.stop();
    }
    assert.deepEqual(inside.calledAt, []);
    await inside.stop();
  });
});
