/** Rules over several lists, and large events that bring out what each of them costs at worst. */

export interface ListCase {
  readonly what: string;
  readonly pattern: object;
  /** About so many bytes of an event. */
  readonly eventJson: (bytes: number) => string;
  /** Whether lists beside each other bind the same fields, so that there are more choices than elements. */
  readonly isMultiplied?: true;
}

const orders = { items: { sku: ["a"], qty: [2] }, payments: { method: ["card"], status: ["paid"] } };
const more = { ...orders, parcels: { box: [1], van: [2] }, notes: { by: ["x"], kind: ["y"] } };
/** Each pair of fields is there, but never in one element. */
const ITEM = '{"sku":"a","qty":1},{"sku":"b","qty":2}';
const PAYMENT = '{"method":"card","status":"open"},{"method":"cash","status":"paid"}';
const PARCEL = '{"box":1,"van":1},{"box":2,"van":2}';
const NOTE = '{"by":"x","kind":"z"},{"by":"w","kind":"y"}';
const GOOD_ITEM = '{"sku":"a","qty":2}';

function list(element: string, bytes: number, last = element): string {
  return `[${`${element},`.repeat(Math.max(1, Math.floor(bytes / (element.length + 1))))}${last}]`;
}

const lists = (bytes: number, last = ITEM) =>
  `{"items":${list(ITEM, bytes / 2, last)},"payments":${list(PAYMENT, bytes / 2)}}`;

export const LIST_CASES: readonly ListCase[] = [
  { what: "two lists", pattern: { detail: orders }, eventJson: (bytes) => `{"detail":${lists(bytes)}}` },
  {
    what: "two lists, of which the first holds",
    pattern: { detail: orders },
    eventJson: (bytes) => `{"detail":${lists(bytes, GOOD_ITEM)}}`,
  },
  {
    what: "rare values in one list and frequent ones in the other",
    pattern: { detail: orders },
    eventJson: (bytes) =>
      `{"detail":{"items":${list(`{"sku":"x"},{"sku":"y"},{"sku":"z"},{"sku":"w"},${ITEM}`, bytes / 2)},"payments":${list(PAYMENT, bytes / 2)}}}`,
  },
  {
    what: "four lists",
    pattern: { detail: more },
    eventJson: (bytes) =>
      `{"detail":${lists(bytes / 2, GOOD_ITEM).slice(0, -1)},"parcels":${list(PARCEL, bytes / 4)},"notes":${list(NOTE, bytes / 4)}}}`,
  },
  {
    what: "lists beside each other in one element of a list",
    pattern: { detail: { orders } },
    eventJson: (bytes) => `{"detail":{"orders":[${lists(bytes)}]}}`,
  },
  {
    what: "lists beside each other in many elements of a list",
    pattern: { detail: { orders } },
    eventJson: (bytes) => `{"detail":{"orders":${list(lists(400), bytes)}}}`,
  },
  {
    what: "a field that may be absent in each list",
    pattern: {
      detail: {
        items: { sku: ["a"], coupon: [{ exists: false }] },
        payments: { method: ["card"], refund: [{ exists: false }] },
      },
    },
    eventJson: (bytes) =>
      `{"detail":{"items":${list('{"sku":"b"},{"sku":"a","coupon":1}', bytes / 2)},"payments":${list('{"method":"card","refund":1}', bytes / 2)}}}`,
  },
  {
    what: "anything but some values in each list",
    pattern: {
      detail: {
        items: { sku: [{ "anything-but": "a" }], qty: [{ "anything-but": [1, 3] }] },
        payments: { method: [{ "anything-but": { prefix: "c" } }], status: ["paid"] },
      },
    },
    eventJson: (bytes) =>
      `{"detail":{"items":${list('{"sku":"a","qty":2},{"sku":"b","qty":1}', bytes / 2)},"payments":${list(PAYMENT, bytes / 2)}}}`,
  },
  {
    what: "several values for a field in each list",
    pattern: {
      detail: {
        items: { sku: ["a", "b"], qty: [3, 4] },
        payments: { method: ["card", "cash"], status: ["void", "lost"] },
      },
    },
    eventJson: (bytes) =>
      `{"detail":{"items":${list(`${ITEM},{"sku":"c","qty":3}`, bytes / 2)},"payments":${list(`${PAYMENT},{"status":"void"}`, bytes / 2)}}}`,
  },
  {
    what: "elements of a list a thousand lists deep",
    pattern: { detail: { items: { sku: ["a"], qty: [2] } } },
    eventJson: (bytes) => `{"detail":{"items":${"[".repeat(1_000)}${list(ITEM, bytes)}${"]".repeat(1_000)}}}`,
  },
  {
    what: "many lists that end a thousand lists deep",
    pattern: { detail: { items: { sku: ["a"], qty: [2] } } },
    eventJson: (bytes) =>
      `{"detail":{"items":${"[".repeat(1_000)}${list("[]", bytes / 2)},${list(`[${ITEM}]`, bytes / 2)}${"]".repeat(1_000)}}}`,
  },
  {
    what: "a list at each of a thousand levels",
    pattern: { detail: { items: { sku: ["a"], qty: [2] } } },
    eventJson: (bytes) => {
      const open = `[${ITEM},`;
      return `{"detail":{"items":${open.repeat(1_000)}${list(ITEM, bytes - 1_000 * open.length)}${"]".repeat(1_000)}}}`;
    },
  },
  {
    what: "two lists under one path, one by a name with a dot",
    pattern: { detail: { items: { sku: ["a"], qty: [2], tax: [3] } } },
    eventJson: (bytes) =>
      `{"detail.items":${list('{"sku":"a","tax":3}', bytes / 2)},"detail":{"items":${list('{"qty":2,"tax":4}', bytes / 2)}}}`,
    isMultiplied: true,
  },
  {
    what: "three lists under one path, by names with dots",
    pattern: { a: { b: { c: { sku: ["a"], qty: [2], tax: [3], vat: [4] } } } },
    eventJson: (bytes) =>
      `{"a.b.c":${list('{"sku":"a"}', bytes / 3)},"a.b":{"c":${list('{"qty":2}', bytes / 3)}},"a":{"b.c":${list('{"tax":3}', bytes / 3)}}}`,
    isMultiplied: true,
  },
  {
    what: "lists whose names differ behind a hyphen",
    pattern: { d: { a: ["x"], "a-c": { p: [1], q: [2] }, "a.b": ["z"] } },
    eventJson: (bytes) =>
      `{"d":{"a":${list('["x",{"b":"y"}]', bytes / 2)},"a-c":${list('{"p":1,"q":1},{"p":2,"q":2}', bytes / 2)}}}`,
  },
];
