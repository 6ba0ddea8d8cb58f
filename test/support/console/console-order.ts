import type { BlockedKeyAnswer } from "../../../src/admin-api/destinations/blocked-keys.ts";
import { HOSTILE, idOf, NOW_MS } from "./console-answers.ts";

/** A function that keeps an order, for the page's tests. */
export const ORDERED = {
  destination: "function/stock",
  orderBy: { path: "$.detail.orderId", whenFailed: "block" },
} as const;

/** Its blocked keys: one that is hostile, and an event that has none. */
export const BLOCKED_KEYS: readonly BlockedKeyAnswer[] = [
  {
    function: "stock",
    key: JSON.stringify(HOSTILE),
    deliveryId: idOf(9_101),
    eventId: idOf(1),
    since: new Date(NOW_MS - 3 * 3_600_000).toISOString(),
    attempts: 3,
    reason: "server_error",
    message: `http://stock:8080/events answered 503: ${HOSTILE}`,
  },
  {
    function: "stock",
    deliveryId: idOf(9_102),
    since: new Date(NOW_MS - 60_000).toISOString(),
    attempts: 1,
    reason: "client_error",
    message: "http://stock:8080/events answered 422",
  },
];
