const LEVELS = 17;

/**
 * Where a message goes that is published to a level of the delay ladder, and when. The routing key is 17 bits, highest
 * first, and then the queue; a level waits 2^N seconds for its own bit and hands on to the next lower one.
 *
 * @returns undefined for anything that the ladder does not route.
 */
export function ladderRoute(exchange: string, routingKey: string): { queue: string; delayMs: number } | undefined {
  const level = /^busbar\.delay\.(\d+)$/.exec(exchange)?.[1];
  const words = routingKey.split(".");
  if (level === undefined || words.length <= LEVELS) return undefined;
  const bits = words.slice(LEVELS - 1 - Number(level), LEVELS);
  if (!bits.every((bit) => bit === "0" || bit === "1")) return undefined;
  return { queue: words.slice(LEVELS).join("."), delayMs: parseInt(bits.join(""), 2) * 1_000 };
}
