import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { HttpRoute } from "../../../../src/domain/http-route/http-route.ts";
import { readRouteKey, routeShape, routeTable } from "../../../../src/domain/http-route/route-table.ts";

function route(key: string, host?: string): HttpRoute {
  const name = `${host ?? ""} ${key}`.trim();
  return {
    name,
    key,
    functionName: "f",
    payload: "2.0",
    authorizer: { kind: "none" },
    ...(host === undefined ? {} : { host }),
  };
}

const ROUTES = [
  route("$default"),
  route("ANY /{proxy+}"),
  route("GET /pets/{proxy+}"),
  route("GET /pets/dog/{id}"),
  route("GET /pets/dog/1"),
  route("ANY /pets/dog/1"),
  route("POST /pets/{kind}"),
  route("GET /"),
  route("GET /{proxy+}", "shop.test"),
];

const CASES: readonly (readonly [host: string, method: string, path: string, name: string, parameters?: object])[] = [
  ["any.test", "GET", "/pets/dog/1", "GET /pets/dog/1"],
  ["any.test", "PUT", "/pets/dog/1", "ANY /pets/dog/1"],
  ["any.test", "GET", "/pets/dog/2", "GET /pets/dog/{id}", { id: "2" }],
  ["any.test", "GET", "/pets/cat/2", "GET /pets/{proxy+}", { proxy: "cat/2" }],
  ["any.test", "POST", "/pets/cat", "POST /pets/{kind}", { kind: "cat" }],
  ["any.test", "GET", "/pets/cat/", "GET /pets/{proxy+}", { proxy: "cat" }],
  ["any.test", "GET", "/pets/a//b", "GET /pets/{proxy+}", { proxy: "a//b" }],
  ["any.test", "POST", "/pets/cat/2", "ANY /{proxy+}", { proxy: "pets/cat/2" }],
  ["any.test", "GET", "/pets/a%20b", "GET /pets/{proxy+}", { proxy: "a b" }],
  ["any.test", "GET", "/pets/%zz", "GET /pets/{proxy+}", { proxy: "%zz" }],
  ["any.test", "GET", "/", "GET /"],
  ["any.test", "PUT", "/", "$default"],
  ["shop.test", "GET", "/pets/dog/1", "shop.test GET /{proxy+}", { proxy: "pets/dog/1" }],
  ["shop.test", "PUT", "/pets/dog/1", "ANY /pets/dog/1"],
];

describe("route table", () => {
  const table = routeTable(ROUTES);
  for (const [host, method, path, name, parameters] of CASES) {
    it(`${method} ${host}${path} is for ${name}`, () => {
      const found = table.find(host, method, path);
      assert.deepEqual([found?.route.name, found?.pathParameters], [name, parameters]);
    });
  }

  it("finds nothing where no route fits", () => {
    assert.equal(routeTable([route("GET /a"), route("POST /a/{id}")]).find("x", "POST", "/a"), undefined);
    assert.equal(routeTable([route("GET /a/{id}")]).find("x", "GET", "/a/"), undefined);
  });

  it("routes that differ in names of parameters only have one shape", () => {
    assert.equal(routeShape(route("GET /a/{id}")), routeShape(route("GET /a/{name}")));
    assert.notEqual(routeShape(route("GET /a/{id}")), routeShape(route("GET /a/{id}", "shop.test")));
    assert.notEqual(routeShape(route("GET /a/{id}")), routeShape(route("GET /a/{id+}")));
  });

  for (const key of ["get /a", "GET", "GET a", "GET /{a+}/b", "GET /{a", "GET /a?b", "/a", ""]) {
    it(`"${key}" is no route key`, () => assert.equal(readRouteKey(key), undefined));
  }
});
