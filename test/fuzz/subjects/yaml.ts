import { ACCESS_SECTIONS, accessSchemas } from "../../../src/config/access/access-schema.ts";
import { parseFile } from "../../../src/config/source/document.ts";
import { checkEntry } from "../../../src/config/issues.ts";
import type { Section } from "../../../src/config/kinds/kinds.ts";
import { KINDS, NOUNS, SECTIONS } from "../../../src/config/kinds/kinds.ts";
import { compileConditions } from "../../../src/edge/conditions/compile.ts";
import type { Subject } from "./subject.ts";
import { texts } from "./subject.ts";

const NAMES = {
  function: new Set(["f"]),
  "api-destination": new Set(["crm"]),
  queue: new Set(["q"]),
  stream: new Set(["s"]),
  "event-bus": new Set(["default"]),
};

const YAML_BYTES_MAX = 16_384;
const CONTEXT = { compileConditions, names: NAMES, allNamesKnown: true };
const SCHEMAS = Object.fromEntries(SECTIONS.map((section) => [section, KINDS[section].schema(CONTEXT)])) as Readonly<
  Record<Section, Parameters<typeof checkEntry>[0]>
>;

const CONFIGURATIONS = texts(
  "functions:\n  f: { http: { url: http://a }, timeoutSeconds: 3, environment: {} }\n  g: { runtimeApi: {} }\n",
  "rules:\n  a/b: { eventPattern: { source: [x] }, targets: { t: { function: f, inputPath: $.detail } } }\n",
  "x: &a [1, 2]\nqueues: { q: {}, <<: *a }\n",
  "apiDestinations:\n  crm: { url: https://a, connection: { apiKey: { header: X, value: '${env:PATH}' } }, signing: { secrets: [whsec_AAAA] } }\n",
  "rules:\n  r:\n    eventPattern: {}\n    conditions: { all: [{ fact: detail, path: $.n, operator: equal, value: 1 }] }\n    targets: { t: { queue: q, inputTransformer: { inputPathsMap: { a: $.b }, inputTemplate: '{\"x\": <a>}' } } }\n",
);

const ACCESS_FILES = texts(
  "accessKeys:\n  AKID: { secret: 0123456789abcdef, statements: [{ effect: Allow, action: 'events:*', resource: '*' }] }\n",
  "bearerTokens:\n  ops: { tokens: [0123456789abcdef], policies: [p] }\npolicies: { p: { statements: [{ effect: Deny, action: ['*'], resource: ['arn:*'], condition: { StringLike: { 'events:source': a* } } }] } }\n",
);

export function yamlSubject<S extends string>(
  name: string,
  corpus: readonly Buffer[],
  sections: Readonly<Record<S, string>>,
  schemas: Readonly<Record<S, Parameters<typeof checkEntry>[0]>>,
): Subject {
  return {
    name,
    weight: 1,
    corpus,
    run(input) {
      // A broken file takes the YAML package 12 µs for each byte, in proportion to its length.
      const text = input.subarray(0, YAML_BYTES_MAX).toString();
      const { entries } = parseFile({ path: "a.yaml", text }, sections);
      for (const entry of entries) {
        checkEntry(schemas[entry.section], entry as never, { value: entry.raw, secretPaths: [], problems: [] }, []);
      }
    },
  };
}

export const configuration = yamlSubject("configuration", CONFIGURATIONS, NOUNS, SCHEMAS);
export const accessFile = yamlSubject(
  "access files",
  ACCESS_FILES,
  ACCESS_SECTIONS,
  accessSchemas(new Set(["p"]), ["events:PutEvents"]),
);
