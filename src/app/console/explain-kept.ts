import { setImmediate as nextTurn } from "node:timers/promises";
import type { KeptRules } from "../../config/document/kept-rules.ts";
import { readKeptRules } from "../../config/document/kept-rules.ts";
import type { Identity } from "../../domain/arn.ts";
import type { ExplainKept } from "../../edge/admin/events/explain-router.ts";
import { compileConditions } from "../../edge/conditions/compile.ts";
import { explain } from "../../flow/explain/explain-request.ts";

/** A configuration's document, deflated; undefined where it is not kept. */
type FindDocument = (digest: string) => Promise<Uint8Array | undefined>;

/**
 * Explains events by configurations that are kept. The last one that was asked for stays compiled: 20,000 rules take two
 * seconds, and who looks at one event looks at the next one.
 */
export function explainKeptBy(findDocument: FindDocument, identity: Identity): ExplainKept {
  let last: { readonly digest: string; readonly rules: Promise<KeptRules | undefined> } | undefined;

  async function rulesOf(digest: string): Promise<KeptRules | undefined> {
    const compiling = last?.digest === digest ? last : (last = { digest, rules: compiled(digest) });
    const forget = (): void => {
      if (last === compiling) last = undefined;
    };
    compiling.rules.then((rules) => rules ?? forget(), forget);
    return compiling.rules;
  }

  async function compiled(digest: string): Promise<KeptRules | undefined> {
    const document = await findDocument(digest);
    return document && (await readKeptRules(document, { compileConditions }));
  }

  return async (digest, asked, mayExplain) => {
    const rules = await rulesOf(digest);
    if (rules === undefined) {
      return {
        ok: false,
        reason: "unknown",
        message: "the rules of this configuration are not known, or no longer kept",
      };
    }
    const config = { ...rules, document: { digest } };
    return explain(asked, { config, identity, nowMs: Date.now(), pause: nextTurn, mayExplain });
  };
}
