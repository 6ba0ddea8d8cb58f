import type { RabbitMq } from "../../test/support/rabbitmq/rabbitmq.ts";
import type { RabbitMqVersion } from "../../test/support/rabbitmq/rabbitmq-installation.ts";
import type { Configuration } from "./configuration.ts";
import type { Account } from "./ledger.ts";
import type { Stage } from "./stage.ts";

/*
 * How to write a scenario: one file in `scenarios/`, one line in `scenarios.ts`. It reads as a story:
 *
 *     export const brokerKill: Scenario = {
 *       name: "broker-kill",
 *       description: "RabbitMQ is killed under load and started again",
 *       seconds: 10,
 *       ciSeconds: 5,
 *       async run(context) {
 *         const rabbitMq = await context.rabbitMq();                     // a RabbitMQ that may be ill-treated
 *         const stage = await context.stage({ broker: await rabbitMq.newVhost() }); // routers, functions, queues
 *         const load = stage.startLoad();                                // events, until the account is closed
 *         await stage.flows();                                           // deliveries arrive
 *         await rabbitMq.kill();                                         // the fault
 *         await load.refused();
 *         await rabbitMq.start();                                        // the end of it
 *         return stage.account();                                        // recovery, and where every event ended
 *       },
 *     };
 *
 * `stage.account()` is called when the fault is over. It waits until deliveries flow again and all that was accepted
 * has ended, stops the load, waits for the rest, and says what was lost. It never throws over a lost event: the
 * command reports it and fails. A scenario throws only when the fault could not be brought about, or had no effect:
 * assert that it had (puts were refused, connections were cut), or the scenario proves nothing.
 *
 * What is to be stopped or undone is said where it begins: `context.after(() => proxy.close())`, last in first out.
 * Wait for conditions with `eventually`, and for time only where the fault itself is a stretch of time (`context.seconds`).
 */

/** A fault, and how it is brought about. */
export interface Scenario {
  readonly name: string;
  readonly description: string;
  /** How long the fault, or the load around it, goes on by default. */
  readonly seconds: number;
  /** The same in the three-minute selection; absent when the scenario is not in it. */
  readonly ciSeconds?: number;
  run(context: Context): Promise<Facts>;
}

/** What came of it. */
export interface Facts extends Account {
  /** From the end of the fault until new events were delivered and all accepted before it had ended. */
  readonly recoverySeconds: number;
  /** Resident memory of the largest router at the end. */
  readonly memoryMiB: number;
  /** What else is worth a line, such as the points at which routers were killed. */
  readonly notes?: readonly string[];
}

export interface StageOptions {
  /** AMQP URLs separated by commas, or `embedded`. */
  readonly broker: string;
  /** The same without any proxy, for the bench's own look into the queues. */
  readonly directBroker?: string;
  /** 1 by default. */
  readonly routers?: number;
  /** Where a router connects, by its number from 0; `broker` by default. */
  readonly brokerOf?: (index: number) => string;
  /** Rules and targets of every kind by default. */
  readonly configuration?: (functionsUrl: string) => Configuration;
  readonly env?: Readonly<Record<string, string>>;
}

/** What a scenario is given. */
export interface Context {
  readonly seconds: number;
  /** A RabbitMQ of the version asked for; the same one for all scenarios of a run, so take a virtual host of your own. */
  rabbitMq(): Promise<RabbitMq>;
  /** The version asked for; undefined is whatever is installed. */
  readonly rabbitMqVersion: RabbitMqVersion | undefined;
  stage(options: StageOptions): Promise<Stage>;
  /** Runs when the scenario has ended, last in first out. */
  after(cleanUp: () => Promise<unknown>): void;
  /** A line for whoever watches; nothing with `--json`. */
  say(text: string): void;
}
