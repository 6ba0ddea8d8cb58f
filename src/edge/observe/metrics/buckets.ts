/** A put request: a millisecond to the 5 s after which an unconfirmed publish is given up. */
export const PUT_BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/**
 * A wait: milliseconds while nothing fails, Lambda's 1 and 2 minutes after errors, up to the 24 h that an event may
 * live.
 */
export const WAIT_BUCKETS_SECONDS = [0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 180, 600, 1_800, 3_600, 21_600, 86_400];

/** A call of a function: up to Lambda's longest time-out, 900 s. */
export const INVOCATION_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900];

/** Lateness of a delayed message: it is never early. */
export const LATENESS_BUCKETS_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300];

/** Events of a batch: up to the most that a target may ask for. */
export const BATCH_BUCKETS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];
