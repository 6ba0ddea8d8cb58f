import type { TargetBatch } from "../../domain/target/target.ts";

/** How events are collected for a function, in words. */
export function batchText({ size, windowSeconds, groupBy }: TargetBatch): string {
  const window = windowSeconds === 0 ? "" : `, or those of ${windowSeconds} s`;
  return `up to ${size} a call${window}${groupBy === undefined ? "" : `, by ${groupBy}`}`;
}
