import type { HoldBook } from "../book/hold-book.ts";
import { decodeReceipt } from "../book/receipt.ts";
import type { HoldChange, ChangeOutcome } from "./hold-messages.ts";
import { CHANGES_MAX } from "./hold-messages.ts";
import type { HoldSession } from "./hold-session.ts";

/** A change with the session that handed the message out. */
export interface AddressedHoldChange extends HoldChange {
  readonly session: string;
}

/** Undefined for a text that is no receipt of the queue. */
export function changeOf(
  queue: string,
  text: string,
  invisibleMs: number | undefined,
): AddressedHoldChange | undefined {
  const receipt = decodeReceipt(queue, text);
  return receipt && { ...receipt, invisibleMs };
}

/**
 * Settles what this router holds, and asks the routers that hold the rest, all at the same time.
 *
 * @param here settles what this router holds.
 * @returns an outcome for each, in order; `gone` where its router has gone, does not answer, or does not hold it any more.
 */
export async function changeEverywhere(
  changes: readonly AddressedHoldChange[],
  session: HoldSession,
  book: HoldBook,
  here: (changes: readonly HoldChange[]) => Promise<readonly ChangeOutcome[]>,
): Promise<readonly ChangeOutcome[]> {
  const outcomes = new Map<AddressedHoldChange, ChangeOutcome>();
  // A message whose time was over may be here now, whoever handed it out before.
  const isHere = (change: AddressedHoldChange): boolean =>
    change.session === session.id || book.findMessage(change.fingerprint) !== undefined;
  const groups = Map.groupBy(changes, (change) => (isHere(change) ? undefined : change.session));
  const settling = [...groups].flatMap(([holder, group]) =>
    slices(group).map(async (slice) => {
      const plain = slice.map(({ number, fingerprint, invisibleMs }) => ({ number, fingerprint, invisibleMs }));
      const settled = holder === undefined ? await here(plain) : await session.ask(holder, plain);
      slice.forEach((change, index) => outcomes.set(change, settled?.[index] ?? "gone"));
    }),
  );
  await Promise.all(settling);
  return changes.map((change) => outcomes.get(change) ?? "gone");
}

function slices<T>(list: readonly T[]): readonly (readonly T[])[] {
  const count = Math.ceil(list.length / CHANGES_MAX);
  return Array.from({ length: count }, (_, n) => list.slice(n * CHANGES_MAX, (n + 1) * CHANGES_MAX));
}
