import assert from "node:assert/strict";
import { describe, it } from "node:test";
import request from "supertest";
import { publicApp } from "../../support/http/public-app.ts";

describe("a busy router", () => {
  it("A full router refuses puts unread, in a form that AWS clients retry", async () => {
    const { app, fakePut } = publicApp({ hasRoom: () => false });
    const answer = await request(app).post("/").set("content-type", "text/plain").send("not even a put");
    assert.equal(answer.status, 429);
    assert.equal(answer.headers["retry-after"], "1");
    assert.equal(answer.headers["x-amzn-errortype"], "ThrottlingException");
    assert.ok(answer.headers["x-amzn-requestid"]);
    assert.deepEqual(JSON.parse(answer.text || String(answer.body)), {
      __type: "ThrottlingException",
      message: "Too many entries are in flight.",
    });
    assert.equal(fakePut.entries.length, 0);
  });

  it("A full router refuses CloudEvents with problem details", async () => {
    const { app } = publicApp({ hasRoom: () => false });
    const answer = await request(app).post("/events").send({});
    assert.equal(answer.status, 429);
    assert.equal(answer.headers["retry-after"], "1");
    assert.equal(answer.headers["content-type"], "application/problem+json");
  });

  it("A full router accepts requests of the same connection as soon as there is room", async () => {
    let hasRoom = false;
    const { app } = publicApp({ hasRoom: () => hasRoom });
    const agent = request.agent(app);
    const put = () =>
      agent
        .post("/events")
        .set("content-type", "application/cloudevents+json")
        .send(JSON.stringify({ specversion: "1.0", id: "1", source: "/shop", type: "Ordered", data: {} }));
    assert.equal((await put()).status, 429);
    hasRoom = true;
    assert.equal((await put()).status, 202);
  });
});
