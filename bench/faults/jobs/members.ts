import assert from "node:assert/strict";
import { AmqpProxy } from "../../../test/support/rabbitmq/amqp-proxy.ts";
import type { Router } from "../../../test/support/router/router.ts";
import type { Configuration } from "../configuration.ts";
import type { Context } from "../scenario.ts";
import type { Stage } from "../stage.ts";

/** A router, and its way to RabbitMQ. */
export interface Member {
  readonly router: Router;
  readonly proxy: AmqpProxy;
}

/** Two routers that carry each other's jobs on, and what is around them. */
export interface TwoRouters {
  readonly stage: Stage;
  readonly one: Member;
  readonly two: Member;
}

export async function twoRouters(
  context: Context,
  configuration: (functionsUrl: string) => Configuration,
): Promise<TwoRouters> {
  const broker = await (await context.rabbitMq()).newVhost();
  const ways = [await AmqpProxy.start(broker), await AmqpProxy.start(broker)] as const;
  context.after(() => Promise.all(ways.map((proxy) => proxy.close())));
  const brokerOf = (index: number): string => (index === 0 ? ways[0] : ways[1]).through(broker);
  const stage = await context.stage({ broker, brokerOf, routers: 2, configuration });
  const [first, second] = stage.routers;
  assert.ok(first !== undefined && second !== undefined);
  return { stage, one: { router: first, proxy: ways[0] }, two: { router: second, proxy: ways[1] } };
}

/** Kills a router. Resolves when its broker has noticed. */
export async function kill({ router, proxy }: Member): Promise<void> {
  await router.kill();
  await proxy.drop();
}
