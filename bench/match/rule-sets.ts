/** Patterns by the names of their rules. */
export type RuleSet = Readonly<Record<string, object>>;

function street(...matches: readonly unknown[]): RuleSet {
  return Object.fromEntries(
    matches.map((match, index) => [`street-${index + 1}`, { properties: { STREET: [match] } }]),
  );
}

const SETS = {
  exact: {
    lot: { properties: { MAPBLKLOT: ["0007017"] } },
    "other-lot": { properties: { MAPBLKLOT: ["0031005"], BLKLOT: ["0031005"] } },
    street: { properties: { STREET: ["CRANLEIGH", "SHINN"] } },
    "even-side": { properties: { STREET: ["MARKET"], ODD_EVEN: ["E"] } },
    "many-sided": { geometry: { type: ["MultiPolygon"] }, properties: { STREET: ["GEARY"] } },
  },
  prefix: street({ prefix: "AC" }, { prefix: "BA" }, { prefix: "DR" }, { prefix: "FU" }, { prefix: "RH" }),
  suffix: street({ suffix: "ON" }, { suffix: "AL" }, { suffix: "DA" }, { suffix: "LLO" }, { suffix: "RH" }),
  "ignore-case": street(
    ...["acton", "Balboa", "drumM", "fulton", "nowhere"].map((text) => ({ "equals-ignore-case": text })),
  ),
  wildcard: street(...["*AN*", "C*H", "*I*O*", "MAR*T", "*NOWHERE*"].map((text) => ({ wildcard: text }))),
  numeric: {
    west: { geometry: { firstCoordinates: { x: [{ numeric: ["<", -122.49] }] } } },
    "one-x": { geometry: { type: ["Polygon"], firstCoordinates: { x: [{ numeric: ["=", -122.42916360922355] }] } } },
    strip: { geometry: { firstCoordinates: { y: [{ numeric: [">=", 37.7, "<", 37.71] }] } } },
    ground: { geometry: { type: ["MultiPolygon"], firstCoordinates: { z: [{ numeric: ["=", 0] }] } } },
    corner: {
      geometry: { firstCoordinates: { x: [{ numeric: [">", -122.42] }], y: [{ numeric: [">", 37.78] }] } },
    },
  },
  "anything-but": {
    street: { properties: { STREET: [{ "anything-but": ["MARKET", "GEARY"] }] } },
    side: { properties: { ODD_EVEN: [{ "anything-but": "E" }], ST_TYPE: ["AV"] } },
    prefix: { properties: { STREET: [{ "anything-but": { prefix: "M" } }], LOT_NUM: ["017"] } },
    shape: { geometry: { type: [{ "anything-but": "Polygon" }] } },
    "ignore-case": { properties: { STREET: [{ "anything-but": { "equals-ignore-case": "shinn" } }], ODD_EVEN: ["O"] } },
  },
  arrays: {
    "one-point": { geometry: { coordinates: { x: [{ numeric: ["=", -122.42916360922355] }], y: [37.75] } } },
    "south-west": {
      geometry: { coordinates: { x: [{ numeric: ["<", -122.495] }], y: [{ numeric: ["<", 37.705] }] } },
    },
    "above-ground": { geometry: { coordinates: { x: [{ numeric: [">", -122.41] }], z: [1] } } },
    "north-east": {
      geometry: {
        type: ["Polygon"],
        coordinates: { x: [{ numeric: [">", -122.405] }], y: [{ numeric: [">", 37.795] }] },
      },
    },
    "not-flat": { geometry: { coordinates: { y: [{ numeric: ["<", 37.701] }], z: [{ "anything-but": 0 }] } } },
  },
} satisfies Record<string, RuleSet>;

/** Five rules of each kind, by the kind, and all of them together. */
export const RULE_SETS: Readonly<Record<string, RuleSet>> = {
  ...SETS,
  all: Object.fromEntries(
    Object.entries(SETS).flatMap(([kind, rules]) =>
      Object.entries(rules).map(([name, pattern]) => [`${kind}/${name}`, pattern] as const),
    ),
  ),
};

/** How many rules `rules-N` have. */
export const RULE_COUNTS = [1, 10, 100, 1_000, 10_000, 100_000];

/** Rules that share all but one value. */
export function manyRules(count: number): RuleSet {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `rule-${index}`,
      { source: ["shop.checkout"], "detail-type": ["OrderPlaced"], detail: { id: [`order-${index}`] } },
    ]),
  );
}

/** Events of about 300 bytes, each of which fits one of so many of those rules. */
export function orderLines(events: number, rules: number): readonly string[] {
  return Array.from({ length: events }, (_, index) =>
    JSON.stringify({
      version: "0",
      id: "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
      "detail-type": "OrderPlaced",
      source: "shop.checkout",
      account: "000000000000",
      time: "2026-01-02T03:04:05Z",
      region: "us-east-1",
      resources: [],
      detail: {
        id: `order-${Math.floor((index * rules) / events)}`,
        total: index,
        currency: "EUR",
        customer: `c-${index}`,
      },
    }),
  );
}
