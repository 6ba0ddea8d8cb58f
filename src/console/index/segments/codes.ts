/** What made a dead letter, as a segment keeps it. */
export const LETTER_CAUSES = { put: 0, attempt: 1, redrive: 2, broker: 3 } as const;

/** The marks of a delivery, as a segment keeps them. */
export const MARK_KINDS = { parked: 0, suspect: 1 } as const;

/** An event's `attention`. */
export const ATTENTION = { undelivered: 1, unmatched: 2 } as const;

/** What an attempt's `aside` says: it is no attempt of a delivery. */
export const ASIDE = { test: 1, synchronous: 2 } as const;
