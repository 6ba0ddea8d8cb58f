/** Messages between routers. Not durable: a router that is away does not receive them. */
export interface Broadcast {
  /** Tells every router that listens, this one included. Not durable. */
  broadcast(body: Buffer): Promise<void>;
  /** Hears what is broadcast, and what is sent to this router alone. */
  onBroadcast(listener: (body: Buffer) => void): void;
  /** Where `send` finds this router: another after each reconnect, undefined while it hears nothing. */
  readonly address: string | undefined;
  /**
   * Tells the router at an address alone. Not durable: resolves also when no router is there any more. Rejects when the
   * text is no address.
   */
  send(address: string, body: Buffer): Promise<void>;
}
