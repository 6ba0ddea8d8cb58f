/** Messages on their way to the worker: the bodies one after another in one buffer, which is transferred. */
export interface PackedMessages {
  readonly envelopes: readonly Envelope[];
  readonly bodies: Uint8Array<ArrayBuffer>;
}

export interface Envelope {
  readonly queue: string;
  readonly id: string;
  /** As JSON. */
  readonly headers: string;
  readonly bodyBytes: number;
}
