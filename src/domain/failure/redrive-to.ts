/** Where dead letters are redriven to: their targets, or the rules of their event bus. */
export const REDRIVE_TO = ["target", "bus"] as const;

export type RedriveTo = (typeof REDRIVE_TO)[number];
