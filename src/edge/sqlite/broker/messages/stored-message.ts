/** A message on its way back. */
export interface StoredMessage {
  readonly sequence: number;
  readonly id: string;
  /** As JSON. */
  readonly headers: string;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly crashes: number;
}
