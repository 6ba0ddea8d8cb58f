import { z } from "zod";
import { markedJson } from "../../json/marked-json.ts";

/**
 * What a router tells the lender about one function: how many permits it counts as its own, and how many it would use. It is
 * repeated each second as long as it has or wants any.
 */
export interface PermitReport {
  readonly type: "report";
  readonly functionName: string;
  /** The sender's address. */
  readonly from: string;
  /** Counts the sender's reports. */
  readonly ask: number;
  readonly has: number;
  readonly wants: number;
  /** How many there are, as the sender's configuration says. */
  readonly limit?: number | undefined;
  /** The latest loan that it goes by. */
  readonly seen: { readonly term: number; readonly number: number };
}

/** What the lender answers: how many permits the router may use from now on. */
export interface PermitLoan {
  readonly type: "loan";
  readonly functionName: string;
  /** The lender's address. */
  readonly from: string;
  /** The lender's term, and its loans' number within it: a later one replaces an earlier one. */
  readonly term: number;
  readonly number: number;
  /** The last report that it answers. */
  readonly ask: number;
  readonly permits: number;
  /** Whether others were asked for what they do not use, and have not answered yet. */
  readonly isRecalling: boolean;
  /** Whether others want more: the router keeps what it uses, and reports that now. */
  readonly isWanted: boolean;
}

const count = z.int().min(0);
const message = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("report"),
    functionName: z.string(),
    from: z.string(),
    ask: count,
    has: count,
    wants: count,
    limit: count.optional(),
    seen: z.object({ term: count, number: count }),
  }),
  z.object({
    type: z.literal("loan"),
    functionName: z.string(),
    from: z.string(),
    term: count,
    number: count,
    ask: count,
    permits: count,
    isRecalling: z.boolean(),
    isWanted: z.boolean(),
  }),
]);

const layout = markedJson("busbar-permits/1");

export function encodePermitMessage(said: PermitReport | PermitLoan): Buffer {
  return layout.encode(said);
}

/** Undefined for a message of another kind, and for one that cannot be read. */
export function decodePermitMessage(bytes: Buffer): PermitReport | PermitLoan | undefined {
  return message.safeParse(layout.decode(bytes)).data;
}
