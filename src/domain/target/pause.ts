export const PAUSE_REASON_CHARACTERS_MAX = 256;
/** Of the name that the caller of a pause gives. */
export const PAUSED_BY_CHARACTERS_MAX = 128;

/** A paused destination. A pause that only the configuration makes has no time, author or reason. */
export interface Pause {
  /** As `destinationLabel` writes it. */
  readonly destination: string;
  /** Whether the configuration pauses it. Then only a change of the configuration resumes it. */
  readonly configured: boolean;
  /** ISO 8601. */
  readonly since?: string;
  readonly by?: string;
  readonly reason?: string;
}

/** What the caller of a pause says about it. */
export interface PauseFacts {
  readonly by?: string;
  readonly reason?: string;
}
