import type { MadeRule } from "../../src/domain/made/made.ts";
import { RULE_KIND } from "../../src/domain/made/made.ts";
import { COMMIT_CHANGES_MAX } from "../../src/ports/store/entities.ts";
import type { Store } from "../../src/ports/store/store.ts";

const QUEUE = "arn:aws:sqs:us-east-1:000000000000:orders";

/** One of many tenants' rules: no two ask the same. */
export function patternOf(n: number): string {
  const detail = { tenant: [`t-${n}`], kind: [`k-${n % 50}`], total: [{ numeric: [">", n % 1_000] }] };
  return JSON.stringify({ source: ["shop"], detail });
}

/** Puts rules into a store as routers do, many in one commit. */
export async function fillWithRules(store: Pick<Store, "commit">, count: number): Promise<void> {
  for (let from = 0; from < count; from += COMMIT_CHANGES_MAX) {
    const numbers = Array.from({ length: Math.min(COMMIT_CHANGES_MAX, count - from) }, (_, n) => from + n);
    const put = numbers.map((n) => ({ name: `default/made-${n}`, value: JSON.stringify(madeRule(n)) }));
    await store.commit(put.map((each) => ({ change: "put", kind: RULE_KIND, ...each })));
  }
}

function madeRule(n: number): MadeRule {
  const targets = [{ Id: "q", Arn: QUEUE }];
  return { eventPattern: patternOf(n), state: "ENABLED", targets, tags: [] };
}
