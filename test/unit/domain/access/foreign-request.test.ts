import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { SenderHeaders } from "../../../../src/domain/access/foreign-request.ts";
import { foreignRequest } from "../../../../src/domain/access/foreign-request.ts";
import { assertBoundedWork } from "../../../support/bounded-work.ts";

const ALLOWED = ["busbar", "*.busbar"];

function reasonOf(headers: SenderHeaders, allowedHosts: readonly string[] = []): string | undefined {
  return foreignRequest(headers, allowedHosts)?.reason;
}

describe("requests without credentials", () => {
  it("A request is accepted for addresses, localhost and allowed hosts, on any port", () => {
    const hosts = [
      "127.0.0.1",
      "127.0.0.1:8080",
      "10.1.2.3:9090",
      "[::1]:9001",
      "[fd00::1]",
      "localhost",
      "LOCALHOST:1",
    ];
    for (const host of [...hosts, "order-processor.localhost:9001", "localhost.:8080"]) {
      assert.equal(reasonOf({ host }), undefined, host);
    }
    for (const host of ["busbar:8080", "order-processor.busbar:9001", "Order-Processor.Busbar."]) {
      assert.equal(reasonOf({ host }, ALLOWED), undefined, host);
    }
    assert.equal(reasonOf({ host: "anything.example" }, ["*"]), undefined);
    assert.equal(reasonOf({}), undefined, "HTTP/1.0 has no Host, and no browser speaks it");
  });

  it("A request for every other host is refused", () => {
    const hosts = [
      "evil.example",
      "evil.example:8080",
      "127.0.0.1.evil.example",
      "localhost.evil.example",
      "notlocalhost",
    ];
    for (const host of [
      ...hosts,
      "evilbusbar",
      "busbar.evil.example",
      "[::1].evil.example",
      "[evil]",
      "a".repeat(300),
    ]) {
      assert.equal(reasonOf({ host }, ALLOWED), "unknown_host", host);
    }
    assert.match(foreignRequest({ host: "evil.example" }, [])?.message ?? "", /"evil\.example".*BUSBAR_ALLOWED_HOSTS/);
  });

  it("A request from a page of another origin is refused, of another port of this machine too", () => {
    const host = "localhost:8080";
    const origins = [
      "http://evil.example",
      "null",
      "http://localhost:3000",
      "http://localhost",
      "http://localhost:80801",
      "",
    ];
    for (const origin of origins) assert.equal(reasonOf({ host, origin }), "web_page", origin);
    for (const site of ["cross-site", "same-site", "cross-site, none", "anything"]) {
      assert.equal(reasonOf({ host, "sec-fetch-site": site }), "web_page", site);
    }
    assert.equal(reasonOf({ host: "evil.example", origin: "http://evil.example" }), "unknown_host");
  });

  it("A request of a typed address or of the router's own page is accepted", () => {
    const host = "localhost:8080";
    assert.equal(reasonOf({ host, "sec-fetch-site": "none" }), undefined);
    assert.equal(reasonOf({ host, "sec-fetch-site": "same-origin" }), undefined);
    for (const origin of ["http://localhost:8080", "https://localhost:8080"]) {
      assert.equal(reasonOf({ host, origin }), undefined);
      assert.equal(reasonOf({ host, origin, "sec-fetch-site": "same-site" }), undefined);
    }
  });

  it("Checking a request takes time in proportion to its header", async () => {
    for (const text of [
      "a".repeat(1_048_576),
      `[${":".repeat(1_048_576)}`,
      ".".repeat(1_048_576),
      "1.".repeat(524_288),
    ]) {
      const work = () => foreignRequest({ host: text, origin: text, "sec-fetch-site": text }, ALLOWED);
      await assertBoundedWork("a foreign request's headers", text.length, work);
      await assertBoundedWork("a host", text.length, () => foreignRequest({ host: text }, ALLOWED));
    }
  });
});
