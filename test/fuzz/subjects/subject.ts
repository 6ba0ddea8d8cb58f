import type { Chance } from "../../simulation/chance.ts";

/** Something that faces outside, with inputs that it takes, to be changed. It fails by throwing. */
export interface Subject {
  readonly name: string;
  /** How often it is taken, beside the others: those that are slow, or say little, less often. */
  readonly weight: number;
  readonly corpus: readonly Buffer[];
  run(input: Buffer, chance: Chance): void | Promise<void>;
}

export function texts(...all: readonly string[]): Buffer[] {
  return all.map((text) => Buffer.from(text));
}

/** Bytes as a header or a path holds them. */
export function header(bytes: Buffer): string {
  return bytes.toString("latin1");
}
