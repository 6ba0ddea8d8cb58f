import { signal } from "@preact/signals";

/** What stands in the sandbox. */
export interface SandboxDraft {
  readonly event: string;
  readonly pattern: string;
  /** The bus whose rules are asked. */
  readonly bus: string;
}

/** An event of the sample's shop, and a pattern that it does not match. */
const EXAMPLE: SandboxDraft = {
  event: JSON.stringify(
    { source: "shop.checkout", "detail-type": "OrderPlaced", detail: { orderId: "o-1", total: 40 } },
    undefined,
    2,
  ),
  pattern: `{
  "source": ["shop.checkout"],
  "detail": { "total": [{ "numeric": [">=", 100] }] }
}`,
  bus: "default",
};

/** Kept while the tab is open, and nowhere else: an event may be large, and may hold what nobody else is to read. */
export const sandboxDraft = signal(EXAMPLE);

export function fillSandbox(part: Partial<SandboxDraft>): void {
  sandboxDraft.value = { ...sandboxDraft.value, ...part };
}

export function forgetSandbox(): void {
  sandboxDraft.value = EXAMPLE;
}
