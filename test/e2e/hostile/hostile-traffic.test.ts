import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { Hash } from "@smithy/hash-node";
import { SignatureV4 } from "@smithy/signature-v4";
import { eventually, within } from "../../contract/waiting.ts";
import { suiteEndings } from "../../support/endings.ts";
import { readBody, serveHttp } from "../../support/http/http-target.ts";
import { Router } from "../../support/router/router.ts";

const MIB = 1_048_576;
const TARGET = "AWSEvents.PutEvents";
const MEDIA_TYPE = "application/x-amz-json-1.1";

const ACCESS = `
policies:
  put: { statements: [{ effect: Allow, action: events:PutEvents, resource: "*" }] }
accessKeys:
  AKIDSHOP: { name: shop, secret: a-secret-of-the-shop, policies: [put] }
bearerTokens:
  good: { tokens: [a-token-of-the-good-one], policies: [put] }
  greedy: { tokens: [a-token-of-the-greedy-one], policies: [put] }
`;

/** A CloudEvent put with a bearer token; resolves with the answer's status. */
async function put(router: Router, token: string, id: string, agent: Agent, detail = ""): Promise<number> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/cloudevents+json" };
  const sent = request(`${router.publicUrl}/events`, { method: "POST", headers, agent });
  sent.end(JSON.stringify({ specversion: "1.0", id, source: "/shop", type: "Ordered", data: { id, detail } }));
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  answer.resume();
  await once(answer, "end");
  return Number(answer.statusCode);
}

/** As boto3 signs: over the body, with no header that has its hash. */
async function putSigned(router: Router): Promise<number> {
  const { host, hostname } = new URL(router.publicUrl);
  const signer = new SignatureV4({
    service: "events",
    region: "us-east-1",
    credentials: { accessKeyId: "AKIDSHOP", secretAccessKey: "a-secret-of-the-shop" },
    sha256: Hash.bind(null, "sha256"),
    applyChecksum: false,
  });
  const body = JSON.stringify({ Entries: [{ Source: "shop", DetailType: "Signed", Detail: "{}" }] });
  const headers = { host, "content-type": MEDIA_TYPE, "x-amz-target": TARGET };
  const signed = await signer.sign({ method: "POST", protocol: "http:", hostname, path: "/", headers, body });
  return (await fetch(router.publicUrl, { method: "POST", headers: signed.headers, body })).status;
}

/** Begins a large body, and keeps the connection. */
function beginBody(router: Router, headers: readonly string[]): Socket {
  const { hostname, port, host } = new URL(router.publicUrl);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => socket.destroy()).resume();
  const head = [
    `POST / HTTP/1.1`,
    `Host: ${host}`,
    `Content-Type: ${MEDIA_TYPE}`,
    `X-Amz-Target: ${TARGET}`,
    ...headers,
  ];
  socket.write(`${head.join("\r\n")}\r\nContent-Length: ${4 * MIB}\r\n\r\n`);
  return socket;
}

/** Sends all of a large body but its end. */
function sendUnended(router: Router, headers: readonly string[]): Socket {
  const socket = beginBody(router, headers);
  socket.write(Buffer.alloc(4 * MIB - 1, " "));
  return socket;
}

/** Sends a body bit by bit, which finds room where no larger piece does; resolves when the router has had enough. */
async function drip(router: Router): Promise<void> {
  const socket = beginBody(router, madeUpSignature()).setNoDelay().unref();
  const timer = setInterval(() => socket.write(Buffer.alloc(64, " ")), 10).unref();
  await once(socket, "data");
  clearInterval(timer);
  socket.destroy();
}

function madeUpSignature(): readonly string[] {
  const date = new Date().toISOString().replaceAll(/[-:]|\.\d{3}/g, "");
  const scope = `AKIDSHOP/${date.slice(0, 8)}/us-east-1/events/aws4_request`;
  const signed = `SignedHeaders=host;x-amz-date;x-amz-target, Signature=${"0".repeat(64)}`;
  return [`X-Amz-Date: ${date}`, `Authorization: AWS4-HMAC-SHA256 Credential=${scope}, ${signed}`];
}

describe("A router among hostile clients", () => {
  const endings = suiteEndings();
  const delivered = new Set<string>();
  let router: Router;

  before(async () => {
    const target = await serveHttp((received, response) => {
      void readBody(received).then((body) => {
        delivered.add((JSON.parse(body) as { id: string }).id);
        response.end("{}");
      });
    });
    endings.after(() => target.stop());
    const folder = await mkdtemp(join(tmpdir(), "busbar-access-"));
    endings.after(() => rm(folder, { recursive: true }));
    const accessFile = join(folder, "access.yaml");
    await writeFile(accessFile, ACCESS);
    router = await Router.start({
      config: `
functions: { orders: { http: { url: "${target.url}" }, concurrency: 10 } }
rules: { good: { eventPattern: { detail: { id: [{ prefix: good }] } }, targets: { orders: { function: orders } } } }
`,
      env: {
        BUSBAR_ACCESS_KEYS_FILE: accessFile,
        BUSBAR_MAX_ENTRIES_IN_FLIGHT: "50",
        BUSBAR_MAX_BYTES_IN_FLIGHT: String(64 * MIB),
      },
    });
    endings.after(() => router.remove());
  });

  /** What an honest client does meanwhile: twenty puts by token, five with a signature, and their deliveries. */
  async function assertServed(name: string): Promise<void> {
    const agent = new Agent({ keepAlive: true });
    const ids = Array.from({ length: 20 }, (_, index) => `good-${name}-${index}`);
    for (const id of ids) assert.equal(await put(router, "a-token-of-the-good-one", id, agent), 202);
    for (let count = 0; count < 5; count += 1) assert.equal(await putSigned(router), 200);
    await eventually("all are delivered", () => ids.every((id) => delivered.has(id)), 10_000);
    agent.destroy();
  }

  it("A router accepts puts and delivers while strangers hold connections with large bodies and no valid credentials", async () => {
    const strangers = [
      ...Array.from({ length: 60 }, () => sendUnended(router, ["Authorization: Bearer x"])),
      ...Array.from({ length: 60 }, () => sendUnended(router, madeUpSignature())),
    ];
    try {
      await within(
        "the rest of the room is sought",
        Promise.all(Array.from({ length: 20 }, () => drip(router))),
        20_000,
      );
      await assertServed("strangers");
    } finally {
      for (const socket of strangers) socket.destroy();
    }
  });

  it("A router accepts one tenant's puts and delivers while another tenant puts by 300 connections", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 300 });
    let isOver = false;
    const statuses = new Map<number, number>();
    const putOn = async (connection: number): Promise<void> => {
      while (!isOver) {
        const status = await put(router, "a-token-of-the-greedy-one", `greedy-${connection}`, agent).catch(() => 0);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    const greedy = Array.from({ length: 300 }, (_, connection) => putOn(connection));
    try {
      await eventually("there is too much", () => (statuses.get(429) ?? 0) > 100, 20_000);
      await assertServed("greedy");
      assert.ok((statuses.get(202) ?? 0) > 0, "the greedy one is served as well");
    } finally {
      isOver = true;
      await Promise.all(greedy);
      agent.destroy();
    }
  });
});
