import { createHash } from "node:crypto";
import type { z } from "zod";
import type { Principal, Statement } from "../../domain/access/access.ts";
import { accessKeyPrincipal, bearerTokenPrincipal } from "../../domain/access/access.ts";
import { ADMIN_ACTIONS, HISTORY_ACTIONS, PRODUCER_ACTIONS } from "../../domain/access/actions.ts";
import type { AccessKey, Credentials, TokenIssuer } from "../../domain/access/credentials.ts";
import type { Entry } from "../source/document.ts";
import { parseFile } from "../source/document.ts";
import { FILE_BYTES_MAX, readTextFile } from "../source/files.ts";
import { checkEntry, entryProblem } from "../issues.ts";
import { inReadingOrder, type Problem } from "../source/problem.ts";
import type { SecretSources } from "../source/references.ts";
import { fillReferences, readSecrets } from "../source/references.ts";
import type { AccessSection, AccessShapes } from "./access-schema.ts";
import { ACCESS_SECTIONS, accessSchemas } from "./access-schema.ts";

/** SigV4's credential scope is taken apart at its slashes. */
const NAME_PATTERN = /^[A-Za-z0-9._@+=-]{1,128}$/;

export type LoadedAccess =
  | { readonly ok: true; readonly credentials: Credentials }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** What a file of credentials may refer to. */
export interface AccessSources extends SecretSources {
  /** The policy actions of the services that are answered. Those of the admin API are always there. */
  readonly serviceActions: readonly string[];
}

/** Reads the file of keys, tokens and policies, checked whole. Never rejects for what the file says. */
export async function loadAccess(file: string, sources: AccessSources): Promise<LoadedAccess> {
  const read = await readTextFile(file, FILE_BYTES_MAX);
  if (!read.ok) return { ok: false, problems: [{ message: read.reason, file }] };
  const { entries, problems: unread } = parseFile({ path: file, text: read.text }, ACCESS_SECTIONS);
  const problems = [...unread];
  const shapes = await checkAll(entries, sources, problems);
  const credentials = assemble(shapes, problems);
  if (problems.length === 0 && isEmpty(credentials)) problems.push({ message: "holds no key, token or issuer", file });
  return problems.length > 0 ? { ok: false, problems: inReadingOrder(problems) } : { ok: true, credentials };
}

/** The entries that are right in themselves, by section. */
type Checked = { [Section in AccessSection]: (readonly [Entry<AccessSection>, AccessShapes[Section]])[] };

async function checkAll(
  entries: readonly Entry<AccessSection>[],
  sources: AccessSources,
  problems: Problem[],
): Promise<Checked> {
  const secrets = await readSecrets(entries, sources);
  const policies = entries.filter(({ section }) => section === "policies").map(({ name }) => name);
  const actions = [...sources.serviceActions, ...ADMIN_ACTIONS, ...HISTORY_ACTIONS, ...PRODUCER_ACTIONS];
  const schemas = accessSchemas(new Set(policies), actions);
  const checked: Checked = { accessKeys: [], bearerTokens: [], issuers: [], policies: [] };
  for (const entry of entries) {
    if (!NAME_PATTERN.test(entry.name)) {
      problems.push(entryProblem(entry, [], "its name must be 1 to 128 letters, digits and . _ @ + = -", "key"));
    }
    const filled = fillReferences(entry, secrets);
    for (const { path, message } of filled.problems) problems.push(entryProblem(entry, path, message, "value"));
    const schema: z.ZodType = schemas[entry.section];
    const shape = checkEntry(schema, entry, filled, problems);
    if (shape !== undefined) (checked[entry.section] as unknown[]).push([entry, shape]);
  }
  return checked;
}

function assemble({ accessKeys, bearerTokens, issuers, policies }: Checked, problems: Problem[]): Credentials {
  const named = new Map(policies.map(([{ name }, { statements }]) => [name, statements]));

  function allStatements(of: {
    readonly statements: readonly Statement[];
    readonly policies: readonly string[];
  }): readonly Statement[] {
    return [...of.statements, ...of.policies.flatMap((policy) => named.get(policy) ?? [])];
  }

  function principal(id: string, shape: Parameters<typeof allStatements>[0] & Described): Principal {
    return { id, statements: allStatements(shape), ...describedBy(shape) };
  }

  const byToken = new Map<string, Principal>();
  for (const [entry, { tokens, ...shape }] of bearerTokens) {
    for (const [index, token] of tokens.entries()) {
      const digest = tokenDigest(token);
      if (byToken.has(digest)) problems.push(entryProblem(entry, ["tokens", index], "is a token twice", "value"));
      byToken.set(digest, principal(bearerTokenPrincipal(entry.name), shape));
    }
  }
  const keys = accessKeys.map(([entry, { secret, name, ...shape }]): [string, AccessKey] => [
    entry.name,
    { secret, principal: principal(accessKeyPrincipal(name ?? entry.name), shape) },
  ]);
  const byIssuer = new Map<string, TokenIssuer>();
  for (const [entry, { grants, requestsPerSecond, account, ...shape }] of issuers) {
    if (byIssuer.has(shape.issuer)) problems.push(entryProblem(entry, ["issuer"], "is an issuer twice", "value"));
    byIssuer.set(shape.issuer, {
      name: entry.name,
      ...shape,
      ...describedBy({ requestsPerSecond, account }),
      grants: grants.map((grant) => ({
        claim: grant.claim,
        values: grant.values,
        statements: allStatements(grant),
      })),
    });
  }
  return { accessKeys: new Map(keys), bearerTokens: byToken, issuers: byIssuer };
}

/** What a credential may say of its owner besides what it may do. */
interface Described {
  readonly requestsPerSecond?: number | undefined;
  readonly account?: string | undefined;
}

function describedBy({ requestsPerSecond, account }: Described): Pick<Principal, "requestsPerSecond" | "account"> {
  return {
    ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }),
    ...(account === undefined ? {} : { account }),
  };
}

/** What a bearer token is known by: its SHA-256 in hexadecimal. */
export function tokenDigest(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

function isEmpty({ accessKeys, bearerTokens, issuers }: Credentials): boolean {
  return accessKeys.size + bearerTokens.size + issuers.size === 0;
}
