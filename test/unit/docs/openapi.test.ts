import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { openApiDocument } from "../../../src/admin-api/operations/openapi/openapi.ts";
import type { AdminOperation } from "../../../src/admin-api/operations/operation.ts";
import { API_PATH } from "../../../src/admin-api/operations/operation.ts";
import { PROBES } from "../../../src/admin-api/operations/probes.ts";
import { OPERATIONS } from "../../../src/admin-api/operations/table.ts";
import { adminRoutes } from "../../../src/edge/admin/admin-app.ts";
import { probesRouter } from "../../../src/edge/admin/probes-router.ts";
import { routePath } from "../../../src/edge/admin/serve.ts";
import { consoleRoutes } from "../../../src/console/server/console-app.ts";
import { adminOptions } from "../../support/http/admin-app.ts";
import { allowEverybody } from "../../support/http/authenticator.ts";
import { routesOf } from "../../support/http/routes.ts";
import { IDENTITY } from "../../support/sample.ts";

const ROUTER_ROUTES = adminRoutes(adminOptions());
const CONSOLE_ROUTES = consoleRoutes({
  history: () => assert.fail("nothing is asked here"),
  explainKept: () => assert.fail("nothing is asked here"),
  identity: IDENTITY,
  authenticator: allowEverybody(),
  adminUrl: "http://127.0.0.1:1",
  publicUrl: "http://127.0.0.1:1",
  base: "/",
  pageFolder: undefined,
  readOnly: false,
  version: "1.2.3",
  report: (error) => assert.fail(String(error)),
});

type Document = ReturnType<typeof documentOf>;

/** The description as a client reads it. */
function documentOf(server: "router" | "console") {
  return JSON.parse(JSON.stringify(openApiDocument(server, "1.2.3"))) as {
    readonly openapi: string;
    readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId?: string }>>>>;
    readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
  };
}

function routeOf(operation: AdminOperation): string {
  return `${operation.method} ${routePath(operation)}`;
}

/** What the description lists below the API's path, as Express has it. */
function routesIn({ paths }: Document, under: string): readonly string[] {
  return Object.entries(paths)
    .filter(([path]) => path.startsWith(`${API_PATH}/`) === (under === API_PATH))
    .flatMap(([path, methods]) =>
      Object.keys(methods)
        .filter((method) => method !== "servers")
        .map((method) => `${method.toUpperCase()} ${path.replace(API_PATH, "").replaceAll(/\{(\w+)\}/g, ":$1")}`),
    );
}

describe("The description of the API", () => {
  for (const server of ["router", "console"] as const) {
    it(`of a ${server} is valid OpenAPI 3.1, by a validator that knows nothing of Busbar`, async () => {
      const validator = new Validator();
      const { valid, errors } = await validator.validate(documentOf(server));
      assert.ok(valid, JSON.stringify(errors));
      assert.equal(validator.version, "3.1");
    });

    it(`of a ${server} refers only to what is in it, and has nothing that is not referred to`, () => {
      const document = documentOf(server);
      const text = JSON.stringify(document);
      const referred = new Set(Array.from(text.matchAll(/"#\/components\/schemas\/(\w+)"/g), ([, name = ""]) => name));
      assert.deepEqual([...referred].sort(), Object.keys(document.components.schemas).sort());
      assert.doesNotMatch(text, /"\$(?:id|schema|defs)"/);
    });
  }

  it("lists exactly the routes that a router has", () => {
    assert.deepEqual([...routesIn(documentOf("router"), API_PATH)].sort(), [...routesOf(ROUTER_ROUTES)].sort());
    const probes = probesRouter(adminOptions());
    assert.deepEqual([...routesIn(documentOf("router"), "/")].sort(), [...routesOf(probes)].sort());
  });

  it("lists exactly the routes that a console has, those that it passes on included", () => {
    assert.deepEqual([...routesIn(documentOf("console"), API_PATH)].sort(), [...routesOf(CONSOLE_ROUTES)].sort());
    assert.deepEqual(routesIn(documentOf("console"), "/"), ["GET /livez"]);
  });

  it("names each operation once, and each method of a path once", () => {
    const all: readonly (readonly [string, AdminOperation])[] = Object.entries({ ...OPERATIONS, ...PROBES });
    const routes = all.map(([, operation]) => routeOf(operation));
    assert.equal(new Set(routes).size, routes.length);
    for (const [id, { summary }] of all) assert.match(summary, /^[A-Z0-9].*\.$/, id);
  });
});
