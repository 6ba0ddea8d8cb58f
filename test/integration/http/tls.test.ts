import assert from "node:assert/strict";
import { copyFile, writeFile } from "node:fs/promises";
import { createServer as createHttpsServer } from "node:https";
import { connect as connectTcp, type AddressInfo } from "node:net";
import { before, describe, it, type TestContext } from "node:test";
import { connect as connectTls, createServer as createTlsServer, type PeerCertificate } from "node:tls";
import { Agent, request } from "undici";
import { declarationOf } from "../../../src/domain/queue/queues.ts";
import { LiveCertificate, readTlsFiles } from "../../../src/config/live/live-certificate.ts";
import type { ApiDestination, FunctionConfig } from "../../../src/domain/target/function.ts";
import type { Invoker } from "../../../src/ports/functions/functions.ts";
import type { TlsTexts } from "../../../src/domain/target/tls-texts.ts";
import { listen } from "../../../src/edge/http/server.ts";
import { connectRabbitMq } from "../../../src/edge/rabbitmq/connect.ts";
import { createAddressGuard } from "../../../src/edge/targets/http/address-guard.ts";
import { apiDestinationInvoker } from "../../../src/edge/targets/api-destination/api-destination.ts";
import { httpInvoker } from "../../../src/edge/targets/http-function.ts";
import { eventually, within } from "../../contract/waiting.ts";
import { Authority, type Certificate } from "../../support/http/certificates.ts";
import { suiteEndings } from "../../support/endings.ts";
import { invocation, NEVER } from "../../support/http/http-target.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";

describe("TLS", () => {
  const endings = suiteEndings();
  let authority: Authority;
  let stranger: Authority;
  let router: Certificate;
  let peer: Certificate;
  before(async () => {
    authority = await Authority.create(endings);
    stranger = await Authority.create(endings);
    [router, peer] = [await authority.issue("router"), await authority.issue("peer")];
  });

  describe("at the router's own ports", () => {
    async function serve(t: TestContext, certificate: LiveCertificate): Promise<string> {
      const server = await listen((_request, response) => response.end("accepted"), {
        host: "127.0.0.1",
        port: 0,
        sockets: 4,
        certificate,
      });
      t.after(() => server.close(0));
      return server.url;
    }

    async function open(t: TestContext, files: Certificate, reported: (problem?: string) => void = () => undefined) {
      const live = await LiveCertificate.open(files, reported);
      t.after(live.stop);
      return live;
    }

    async function get(t: TestContext, url: string, ca: string): Promise<string> {
      const agent = new Agent({ connect: { ca } });
      t.after(() => agent.destroy());
      const { body } = await request(url, { dispatcher: agent });
      return body.text();
    }

    it("The router speaks TLS with its certificate, and only its authority's clients trust it", async (t) => {
      const url = await serve(t, await open(t, router));
      assert.match(url, /^https:/);
      assert.equal(await get(t, url, authority.cert), "accepted");
      await assert.rejects(get(t, url, stranger.cert), { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
    });

    it("The router refuses TLS below version 1.2, and plain HTTP", async (t) => {
      const { port } = new URL(await serve(t, await open(t, router)));
      const old = connectTls({
        port: Number(port),
        host: "127.0.0.1",
        maxVersion: "TLSv1.1",
        minVersion: "TLSv1",
        rejectUnauthorized: false,
        ciphers: "DEFAULT:@SECLEVEL=0",
      });
      const refused = await within("a refusal", new Promise<Error>((resolve) => old.once("error", resolve)));
      assert.match(String(refused), /protocol version|unsupported protocol|alert/i);
      await assert.rejects(request(`http://127.0.0.1:${port}/`));
    });

    it("The router takes over a renewed certificate, and keeps the one before when its key does not fit", async (t) => {
      const mine = await authority.issue("renewed");
      const reported: (string | undefined)[] = [];
      const url = await serve(t, await open(t, mine, (problem) => reported.push(problem)));
      const shown = async (): Promise<string> => {
        const socket = connectTls({ port: Number(new URL(url).port), host: "127.0.0.1", rejectUnauthorized: false });
        const peerCertificate = await new Promise<PeerCertificate>((resolve) => {
          socket.once("secureConnect", () => resolve(socket.getPeerCertificate()));
        });
        socket.destroy();
        return peerCertificate.subject.CN as string;
      };
      assert.equal(await shown(), "renewed");

      await writeFile(mine.certFile, peer.cert);
      await eventually("the wrong one is reported", () => reported.length === 1);
      assert.match(reported[0] ?? "", /must be certificates and the key that fits them/);
      assert.ok(!reported[0]?.includes("PRIVATE"));
      assert.equal(await shown(), "renewed");

      await copyFile(peer.keyFile, mine.keyFile);
      await eventually("taken over", () => reported.length === 2);
      assert.equal(reported[1], undefined);
      assert.equal(await shown(), "peer");
    });

    it("The router does not start with files that are no certificate", async () => {
      const files = { certFile: router.keyFile, keyFile: router.certFile };
      await assert.rejects(
        LiveCertificate.open(files, () => undefined),
        { name: "ConfigError" },
      );
      await assert.rejects(
        LiveCertificate.open({ ...files, certFile: "/nowhere" }, () => undefined),
        { name: "ConfigError" },
      );
    });
  });

  describe("with a function or an API destination", () => {
    /** An HTTPS server that answers with the name of who calls, and knows nobody without a certificate. */
    async function serve(t: TestContext): Promise<string> {
      const options = { ...pem(peer), ca: authority.cert, requestCert: true, rejectUnauthorized: true };
      const server = createHttpsServer(options, (incoming, response) => {
        const socket = incoming.socket as unknown as { getPeerCertificate(): PeerCertificate };
        response.end(JSON.stringify(socket.getPeerCertificate().subject.CN));
      });
      await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
      t.after(() => {
        server.close();
        server.closeAllConnections();
      });
      return `https://localhost:${(server.address() as AddressInfo).port}/`;
    }

    const functionAt = (url: string, tls?: TlsTexts): Invoker =>
      httpInvoker({
        name: "f",
        run: { kind: "http", url, format: "event", ...(tls && { tls }) },
        timeoutSeconds: 3,
        concurrency: 1,
      } as FunctionConfig & { run: { kind: "http" } });
    const destinationAt = (url: string, tls?: TlsTexts): Invoker =>
      apiDestinationInvoker({ ...DESTINATION, url, ...(tls && { tls }) });
    const guardedAt = (url: string, tls?: TlsTexts): Invoker =>
      apiDestinationInvoker(
        { ...DESTINATION, url, ...(tls && { tls }) },
        { addressGuard: createAddressGuard(["127.0.0.0/8", "::1/128"]) },
      );

    for (const [what, at] of Object.entries({
      "a function": functionAt,
      "an API destination": destinationAt,
      "a guarded one": guardedAt,
    })) {
      it(`The router shows ${what} its certificate, and trusts the authority named`, async (t) => {
        const url = await serve(t);
        const call = async (tls?: TlsTexts) => {
          const invoker = at(url, tls);
          t.after(() => invoker.close());
          return invoker.invoke(invocation(), NEVER);
        };
        const ca = authority.cert;
        assert.deepEqual(await call({ ca, ...pem(router) }), { ok: true, statusCode: 200, responseJson: '"router"' });
        for (const tls of [
          undefined,
          { ca },
          { ca: stranger.cert, ...pem(router) },
          { ca, ...pem(await stranger.issue("stranger")) },
        ]) {
          const outcome = await call(tls);
          assert.equal(!outcome.ok && outcome.reason, "connection");
        }
      });
    }
  });

  describe("with RabbitMQ", () => {
    /** Takes TLS off for a RabbitMQ that speaks plain AMQP, from those who show a certificate of the authority. */
    async function tlsBefore(t: TestContext, amqpUrl: string, shown: Certificate) {
      const names: string[] = [];
      const { hostname, port, pathname } = new URL(amqpUrl);
      const options = { ca: authority.cert, requestCert: true, rejectUnauthorized: true };
      const server = createTlsServer({ ...options, ...pem(shown) }, (socket) => {
        names.push(String(socket.getPeerCertificate().subject.CN));
        const behind = connectTcp(Number(port), hostname);
        socket.pipe(behind).pipe(socket);
        socket.on("error", () => behind.destroy());
        behind.on("error", () => socket.destroy());
      });
      await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
      t.after(() => server.close());
      const url = `amqps://localhost:${(server.address() as AddressInfo).port}${pathname}`;
      return { url, names, show: (other: Certificate) => server.setSecureContext({ ...options, ...pem(other) }) };
    }

    it("The router speaks TLS to RabbitMQ with the authority and the certificate of the settings", async (t) => {
      const { url, names } = await tlsBefore(t, await freshVhost(t), peer);
      const tls = await readTlsFiles({ ca: authority.certFile, cert: router.certFile, key: router.keyFile });
      const broker = await within("connected", connectRabbitMq({ urls: [url], tls, events: {} }));
      const queue = "busbar.function.secret";
      await broker.declare([declarationOf(queue)]);
      await broker.publish([{ queue, id: "1", body: Buffer.from("{}"), headers: {} }]);
      await eventually("stored", async () => (await broker.depth(queue))?.ready === 1);
      await broker.close();
      assert.ok(names.length >= 2);
      assert.deepEqual(new Set(names), new Set(["router"]));
    });

    it("The router refuses a RabbitMQ that the authority does not know", async (t) => {
      const { url, names, show } = await tlsBefore(t, await freshVhost(t), await stranger.issue("impostor"));
      let failures = 0;
      const events = { disconnected: () => void (failures += 1) };
      const connecting = connectRabbitMq({ urls: [url], tls: { ca: authority.cert, ...pem(router) }, events });
      await eventually("refused", () => failures > 0);
      assert.deepEqual(names, []);
      show(peer);
      const broker = await within("connected", connecting);
      await broker.close();
    });

    it("The router does not start with a key for RabbitMQ that does not fit", async () => {
      const files = { ca: authority.certFile, cert: router.certFile, key: peer.keyFile };
      await assert.rejects(readTlsFiles(files), { name: "ConfigError" });
    });
  });
});

const DESTINATION: Omit<ApiDestination, "url"> = {
  name: "crm",
  method: "POST",
  auth: { kind: "none" },
  invocationRateLimitPerSecond: 300,
  concurrency: 1,
};

function pem({ cert, key }: Certificate): { readonly cert: string; readonly key: string } {
  return { cert, key };
}
