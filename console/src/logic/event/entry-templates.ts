import type { EntryText } from "./entry.ts";

/** Events for a first try, by what becomes of them with the sample configuration. */
export const ENTRY_TEMPLATES: Readonly<Record<string, EntryText>> = {
  "An order of 120": {
    bus: "",
    source: "shop.checkout",
    detailType: "OrderPlaced",
    detail: '{\n  "orderId": "o-1",\n  "total": 120\n}',
  },
  "An order that the sample's function refuses": {
    bus: "",
    source: "shop.checkout",
    detailType: "OrderPlaced",
    detail: '{\n  "orderId": "o-2",\n  "total": 5000\n}',
  },
  "An event that no rule of the sample matches": {
    bus: "",
    source: "test.console",
    detailType: "Hello",
    detail: '{\n  "message": "hello"\n}',
  },
};
