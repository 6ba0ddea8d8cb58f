import { startRabbitMq } from "../../test/support/rabbitmq/rabbitmq.ts";
import type { RabbitMq } from "../../test/support/rabbitmq/rabbitmq.ts";
import type { RabbitMqVersion } from "../../test/support/rabbitmq/rabbitmq-installation.ts";

/** One RabbitMQ for all scenarios of a run, started for the first that asks. */
export class SharedRabbitMq {
  readonly wanted: RabbitMqVersion | undefined;
  #started: Promise<RabbitMq> | undefined;

  constructor(wanted: RabbitMqVersion | undefined) {
    this.wanted = wanted;
  }

  get(): Promise<RabbitMq> {
    return (this.#started ??= startRabbitMq(this.wanted === undefined ? {} : { version: this.wanted }));
  }

  /** As the server itself tells it; what was asked for when none was started. */
  async version(): Promise<string> {
    if (this.#started === undefined) return this.wanted ?? "none";
    return (await (await this.#started).ctl("version")).trim();
  }

  async remove(): Promise<void> {
    await (await this.#started)?.remove();
  }
}
