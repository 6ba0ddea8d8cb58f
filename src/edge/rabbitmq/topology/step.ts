import type { Channel, ChannelModel } from "amqplib";

/** One thing to be made on the broker. */
export interface Step {
  readonly what: string;
  run(channel: Channel, model: ChannelModel): Promise<unknown>;
}
