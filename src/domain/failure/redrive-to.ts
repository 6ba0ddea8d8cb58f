/** Where dead letters are redriven to: the target each was for, or the rules of the bus it was on. */
export const REDRIVE_TO = ["target", "bus"] as const;

export type RedriveTo = (typeof REDRIVE_TO)[number];
