import { randomFrom } from "./random.ts";

/** Names of streets, as a city has them: a few long, many short, most of them several times. */
const STREETS = [
  "ACTON CRANLEIGH DRUMM FULTON RHODE SHINN MARKET MISSION GEARY BALBOA",
  "CABRILLO IRVING JUDAH KIRKHAM LAWTON MORAGA NORIEGA ORTEGA PACHECO QUINTARA",
]
  .join(" ")
  .split(" ");
const STREET_TYPES = ["ST", "AV", "WY", "DR"];
const POINTS = 10;

/**
 * Lines of JSON like those of a well-known map of a city's lots: each a feature with nine properties and a polygon, of
 * which the points are objects in lists in lists. About 940 bytes a line.
 */
export function featureLines(count: number): readonly string[] {
  const random = randomFrom(1);
  return Array.from({ length: count }, (_, index) => JSON.stringify(feature(index, random)));
}

function feature(index: number, random: () => number): object {
  const block = String(Math.floor(index / 40)).padStart(4, "0");
  const lot = String(index % 40).padStart(3, "0");
  const number = String(Math.floor(random() * 3_000));
  const points = Array.from({ length: POINTS }, () => ({
    x: -122.4 - random() / 10,
    y: 37.7 + random() / 10,
    z: 0,
  }));
  const [first] = points;
  return {
    type: "Feature",
    properties: {
      MAPBLKLOT: `${block}${lot}`,
      BLKLOT: `${block}${lot}`,
      BLOCK_NUM: block,
      LOT_NUM: lot,
      FROM_ST: number,
      TO_ST: number,
      STREET: STREETS[Math.floor(random() * STREETS.length)],
      ST_TYPE: STREET_TYPES[index % STREET_TYPES.length],
      ODD_EVEN: random() < 0.5 ? "E" : "O",
    },
    geometry: {
      type: random() < 0.9 ? "Polygon" : "MultiPolygon",
      firstCoordinates: first,
      coordinates: [[...points, first]],
    },
  };
}
