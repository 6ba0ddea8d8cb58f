import type { JsonObject } from "../../src/core/json.ts";

/** Rules that differ from each other in one way, and an event that exactly one of them fits, if it is not said otherwise. */
export interface Shape {
  readonly name: string;
  patternOf(index: number): object;
  eventOf(index: number): JsonObject;
}

const SHARED = { source: ["shop.checkout"], "detail-type": ["OrderPlaced"] };

/** An event as the router makes them, with a detail of some size that no rule looks at. */
function event(detail: JsonObject, source = "shop.checkout", detailType = "OrderPlaced"): JsonObject {
  return {
    version: "0",
    id: "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
    "detail-type": detailType,
    source,
    account: "000000000000",
    time: "2026-01-02T03:04:05Z",
    region: "local",
    resources: [],
    detail: {
      orderId: "o-1",
      currency: "EUR",
      lines: [
        { sku: "a", count: 1 },
        { sku: "b", count: 2 },
      ],
      ...detail,
    },
  };
}

/** How rules come: the first three are common, the last two are what the index does not help with. */
export const SHAPES: readonly Shape[] = [
  {
    name: "one value",
    patternOf: (index) => ({ ...SHARED, detail: { customer: [`customer-${index}`] } }),
    eventOf: (index) => event({ customer: `customer-${index}` }),
  },
  {
    name: "source × detail type",
    patternOf: (index) => ({ source: [`source-${index % 100}`], "detail-type": [`type-${Math.floor(index / 100)}`] }),
    eventOf: (index) => event({}, `source-${index % 100}`, `type-${Math.floor(index / 100)}`),
  },
  {
    name: "$or of two",
    patternOf: (index) => ({
      ...SHARED,
      detail: {
        $or: [{ customer: [`customer-${index}`] }, { payer: [`customer-${index}`], total: [{ numeric: [">", 1] }] }],
      },
    }),
    eventOf: (index) => event({ payer: `customer-${index}`, total: 10 }),
  },
  {
    name: "prefixes",
    patternOf: (index) => ({ ...SHARED, detail: { path: [{ prefix: `/shops/${index}/` }] } }),
    eventOf: (index) => event({ path: `/shops/${index}/orders/1` }),
  },
  {
    name: "numeric ranges",
    patternOf: (index) => ({ ...SHARED, detail: { total: [{ numeric: [">=", index, "<", index + 1] }] } }),
    eventOf: (index) => event({ total: index }),
  },
];
