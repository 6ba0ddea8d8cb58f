/** How long a message's body may be, in bytes: what RabbitMQ 4 takes by default. Longer ones are refused for good. */
export const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;

export type HeaderValue = string | number;

/** A message to be stored. The body is what consumers read; everything else travels in headers. */
export interface Message {
  readonly queue: string;
  readonly id: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, HeaderValue>>;
  /** How long it waits before it is handed out; left out, not at all. `store` sees to it: brokers do not read it. */
  readonly delayMs?: number;
}

/** A message handed out by the broker. */
export interface Received {
  readonly queue: string;
  readonly id: string;
  readonly body: Buffer;
  /** As received: whatever anybody put there. Check before use. */
  readonly headers: Readonly<Record<string, unknown>>;
  /** How often it was handed out before and neither settled nor given back in good order: mostly, how often a router died holding it. */
  readonly crashes: number;
}
