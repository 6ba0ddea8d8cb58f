import { textHash } from "../../text/text-hash.ts";
import type { Retention } from "../archive/archive.ts";
import type { QueueDeclaration } from "../queue/declaration.ts";

/** How many partitions a stream may have. */
export const STREAM_PARTITIONS_MAX = 64;
/** How long a partition key may be, as Kinesis has it. */
export const PARTITION_KEY_CHARACTERS_MAX = 256;

/** A stream of a user's: what is appended is kept for so long, and read in order by as many as want to. */
export interface StreamConfig {
  readonly name: string;
  readonly description?: string;
  /** Records of one partition key are in one partition, and in order there. */
  readonly partitions: number;
  readonly retention: Retention;
}

/** The names of a stream's partitions on the broker: its own, or `NAME-0` and on where there are several. */
export function partitionNames({ name, partitions }: StreamConfig): readonly string[] {
  return partitions === 1 ? [name] : Array.from({ length: partitions }, (_, n) => `${name}-${n}`);
}

/** The partition that a key belongs to. A stream with another number of partitions has its keys elsewhere. */
export function partitionFor(stream: StreamConfig, key: string): string {
  const at = Math.floor((textHash(key) / 2 ** 32) * stream.partitions);
  return partitionNames(stream)[at] ?? stream.name;
}

/** Which of so many lanes the records of a key go through. It says nothing of the partition, so that each has all lanes. */
export function laneOfKey(key: string, lanes: number): number {
  return textHash(`lane ${key}`) % lanes;
}

/** A key that is too long for Kinesis loses its end. */
export function partitionKeyOf(text: string): string {
  return text.slice(0, PARTITION_KEY_CHARACTERS_MAX);
}

/** The streams as the broker must have them. One that exists is taken as found. */
export function streamDeclarations(stream: StreamConfig): readonly QueueDeclaration[] {
  const { retention } = stream;
  return partitionNames(stream).map((name) => {
    return { name, owner: "user", singleActiveConsumer: false, parking: undefined, retention };
  });
}
