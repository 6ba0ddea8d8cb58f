/** Where a line is kept: in which frame, and which of its records it is. Places grow in the order of keeping. */
export interface LinePlace {
  readonly position: number;
  readonly index: number;
}

const TOKEN = /^(\d{1,16})\.(\d{1,9})$/;

/** A place among the lines as a token has it. */
export function tokenOf({ position, index }: LinePlace): string {
  return `${position}.${index}`;
}

/** The place of a token; undefined for a text that is none. */
export function linePlaceOf(token: string): LinePlace | undefined {
  const [, position, index] = TOKEN.exec(token) ?? [];
  return position === undefined || index === undefined
    ? undefined
    : { position: Number(position), index: Number(index) };
}
