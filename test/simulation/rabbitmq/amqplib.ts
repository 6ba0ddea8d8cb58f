import type { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { ChannelModel, RecoveringChannelModel, RecoveryOptions } from "amqplib";

/*
 * The parts of amqplib above its frames: its channels, its connections' recovery and the numbers of AMQP's methods.
 * They are not exported, so they are loaded by their paths.
 */

const require = createRequire(import.meta.url);
const library = join(dirname(require.resolve("amqplib")), "lib");

/** A method or a header, as amqplib decodes it. */
export interface Frame {
  readonly id: number | undefined;
  readonly fields?: object;
  readonly size?: number;
  readonly content?: Buffer;
}

/** A channel, as a connection of amqplib sees it. */
export interface ClientChannel extends EventEmitter {
  accept(frame: Frame): void;
  toClosed(stack: string): void;
}

export const { ChannelModel: AmqplibModel } = require(join(library, "channel_model.js")) as {
  ChannelModel: new (connection: EventEmitter) => ChannelModel;
};

export const { connectWithRecoveryPromise } = require(join(library, "recovery.js")) as {
  connectWithRecoveryPromise: (
    openModel: () => Promise<ChannelModel>,
    recovery: RecoveryOptions | true,
  ) => Promise<RecoveringChannelModel>;
};

/** The numbers of AMQP's methods, by name. */
export const METHODS = require(join(library, "defs.js")) as Readonly<Record<MethodName, number>>;

type MethodName =
  | "BasicAck"
  | "BasicCancel"
  | "BasicCancelOk"
  | "BasicConsume"
  | "BasicConsumeOk"
  | "BasicDeliver"
  | "BasicGet"
  | "BasicGetEmpty"
  | "BasicGetOk"
  | "BasicNack"
  | "BasicProperties"
  | "BasicReturn"
  | "BasicQos"
  | "BasicQosOk"
  | "ChannelClose"
  | "ChannelCloseOk"
  | "ChannelOpen"
  | "ChannelOpenOk"
  | "ConfirmSelect"
  | "ConfirmSelectOk"
  | "ExchangeBind"
  | "ExchangeBindOk"
  | "ExchangeDeclare"
  | "ExchangeDeclareOk"
  | "QueueBind"
  | "QueueBindOk"
  | "QueueDeclare"
  | "QueueDeclareOk"
  | "QueuePurge"
  | "QueuePurgeOk"
  | "QueueUnbind"
  | "QueueUnbindOk";
