export const EVENT = {
  version: "0",
  id: "1",
  "detail-type": "OrderPlaced",
  source: "shop",
  account: "000000000000",
  time: "2026-01-02T03:04:05Z",
  region: "us-east-1",
  resources: ["a"],
  detail: { id: "o-1", total: 1.5, items: [{ sku: "a" }, { sku: "b" }], __proto__: null },
};

export const EVENT_JSON = JSON.stringify(EVENT);
