/** Messages between routers. None is durable: a router that is away does not receive it. */
export interface Broadcast {
  /** Sends to every router that listens at that moment, this one included. */
  broadcast(body: Buffer): Promise<void>;
  /** Calls the listener with every broadcast, and with every message sent to this router's address. */
  onBroadcast(listener: (body: Buffer) => void): void;
  /** Where `send` reaches this router. It changes with each reconnect, and is undefined in between. */
  readonly address: string | undefined;
  /**
   * Sends to one router. Resolves although that router may have ended meanwhile.
   *
   * @throws RangeError when the text is no address: it came over the network, and must not lead into a queue.
   */
  send(address: string, body: Buffer): Promise<void>;
}
