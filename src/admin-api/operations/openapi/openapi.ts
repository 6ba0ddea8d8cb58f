import { z } from "zod";
import { LINES_CONTENT_TYPE, VERSION_HEADER } from "../../answers.ts";
import { problemAnswer } from "../../problem.ts";
import type { Guard, GuardedResource, AdminOperation } from "../operation.ts";
import { API_PATH } from "../operation.ts";
import { describedParameters } from "./openapi-parameters.ts";
import { PROBES } from "../probes.ts";
import { OPERATIONS } from "../table.ts";

/** A part of the description: plain JSON. */
type Part = Readonly<Record<string, unknown>>;

const SCHEMAS = "#/components/schemas/";
const CONTENT_TYPES = { json: "application/json", lines: LINES_CONTENT_TYPE, text: "text/plain" };

/** By what an ARN of the policies is made, of the request's parameters. */
const RESOURCES: Readonly<Record<GuardedResource, string>> = {
  everything: "*",
  queue: "arn:aws:sqs:{region}:{account}:{queue}",
  "job/found": "arn:aws:busbar:{region}:{account}:job/{queue}/{job}",
  archive: "arn:aws:events:{region}:{account}:archive/{archive}",
  destination:
    "arn:aws:lambda:{region}:{account}:function:{name} or arn:aws:events:{region}:{account}:api-destination/{name}",
  function: "arn:aws:lambda:{region}:{account}:function:{name}",
  "event-bus/default": "arn:aws:events:{region}:{account}:event-bus/{bus}, `default` without one",
  "event-bus/all": "arn:aws:events:{region}:{account}:event-bus/{bus}, `*` without one",
  "event-source-mapping/found": "arn:aws:lambda:{region}:{account}:event-source-mapping:{uuid}",
  "event-bus/found": "arn:aws:events:{region}:{account}:event-bus/{bus}, that of the event without one",
};

/**
 * The description of the API (OpenAPI 3.1) as one server has it: a console passes on what is the router's. It is made of
 * the schemas that the routes read requests with and that clients check answers with.
 *
 * @param version Busbar's.
 */
export function openApiDocument(server: "router" | "console", version: string): Part {
  const operations = operationsOf(server);
  const names = new Map<z.ZodType, string>([[problemAnswer, "Problem"]]);
  for (const [id, { answer, body }] of operations) {
    if (!names.has(answer)) names.set(answer, `${capitalized(id)}Answer`);
    if (body !== undefined && !names.has(body.schema)) names.set(body.schema, `${capitalized(id)}Body`);
  }
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [id, operation] of operations) {
    const isProbe = operation.guard === "nobody is asked";
    const path = isProbe ? operation.path : `${API_PATH}${operation.path}`;
    // A console's own path may lie below another one; its probes are at the root.
    paths[path] ??= isProbe ? { servers: [{ url: "/" }] } : {};
    paths[path][operation.method.toLowerCase()] = described(id, operation, names);
  }
  return {
    openapi: "3.1.1",
    info: {
      title: server === "router" ? "Busbar's admin API" : "Busbar's console API",
      version,
      summary: "What operators ask of routers and of the console.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "../..", description: "The server that this description came from." }],
    security: [{ bearerToken: [] }, {}],
    paths,
    components: {
      schemas: schemasOf(names),
      responses: {
        Refused: {
          description: "The request is refused: the `detail` says why.",
          content: { "application/problem+json": { schema: { $ref: `${SCHEMAS}Problem` } } },
        },
      },
      headers: { Version: { description: "The version of the server.", schema: { type: "string" } } },
      securitySchemes: {
        bearerToken: { type: "http", scheme: "bearer", description: "Where the server asks who calls." },
      },
    },
  };
}

function operationsOf(server: "router" | "console"): readonly (readonly [string, AdminOperation])[] {
  const all: readonly (readonly [string, AdminOperation])[] = Object.entries(OPERATIONS);
  const probes: readonly (readonly [string, AdminOperation])[] = Object.entries(PROBES);
  return [
    ...all.filter(([, { servedBy }]) => server === "console" || servedBy === "router" || servedBy === "each"),
    ...probes.filter(([, { servedBy }]) => servedBy === server || servedBy === "each"),
  ];
}

function described(id: string, operation: AdminOperation, names: ReadonlyMap<z.ZodType, string>): Part {
  const { summary, guard, body, answer, answeredAs = "json", status = 200 } = operation;
  const contentOf = (schema: z.ZodType, type: string) => ({
    [type]: { schema: { $ref: `${SCHEMAS}${names.get(schema)}` } },
  });
  const answered = { content: contentOf(answer, CONTENT_TYPES[answeredAs]) };
  const isOpen = guard === "nobody is asked";
  return {
    operationId: id,
    summary,
    ...guardText(guard),
    ...(isOpen ? { security: [] } : {}),
    parameters: describedParameters(operation),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            description: body.about,
            required: body.isRequired,
            content: contentOf(body.schema, "application/json"),
          },
        }),
    responses: {
      [status]: {
        description: summary,
        ...(isOpen ? {} : { headers: { [VERSION_HEADER]: { $ref: "#/components/headers/Version" } } }),
        ...answered,
      },
      ...(operation === PROBES.readyz ? { 503: { description: "The router takes no events.", ...answered } } : {}),
      ...Object.fromEntries(
        refusalsOf(operation).map((status) => [status, { $ref: "#/components/responses/Refused" }]),
      ),
    },
  };
}

function guardText(guard: Guard): Part {
  if (typeof guard === "string") return {};
  return {
    description: `Needs the policy action \`${guard.action}\`.`,
    "x-busbar-action": guard.action,
    "x-busbar-resource": RESOURCES[guard.on],
  };
}

function refusalsOf({ guard, query, body, refusals = [] }: AdminOperation): readonly number[] {
  if (guard === "nobody is asked") return [];
  const wrong = query === undefined && body === undefined ? [] : [400];
  return [...wrong, 401, 403, ...refusals, 429, 500, 503].toSorted((a, b) => a - b);
}

/** Each schema once; those that stand in others are referred to. */
function schemasOf(names: ReadonlyMap<z.ZodType, string>): Part {
  const registry = z.registry<{ readonly id: string }>();
  for (const [schema, id] of names) registry.add(schema, { id });
  // As an input a schema allows fields that only later versions know, as readers of answers have to (ADR 41).
  const { schemas } = z.toJSONSchema(registry, { io: "input", uri: (id) => `${SCHEMAS}${id}` });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, schema]) => {
      const { $schema: _dialect, $id: _id, ...rest } = schema as Part;
      return [id, rest];
    }),
  );
}

function capitalized(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
