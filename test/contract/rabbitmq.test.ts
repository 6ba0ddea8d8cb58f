import type { Broker } from "../../src/ports/broker.ts";
import { connectRabbitMq } from "../../src/edge/rabbitmq/connect.ts";
import { freshVhost } from "../support/rabbitmq.ts";
import { startTcpProxy, through, type TcpProxy } from "../support/tcp-proxy.ts";
import type { Fixture } from "./broker-case.ts";
import { brokerContract } from "./broker-contract.ts";

/** Every queue that the suite declares, for a RabbitMQ that has no virtual hosts to give. */
const QUEUES = ["busbar.function.work", "busbar.function.sentinel", "busbar.container.alone", "orders"];

brokerContract("RabbitMQ", async (t): Promise<Fixture> => {
  const url = await freshVhost(t, QUEUES);
  const opened: { broker: Broker; proxy: TcpProxy }[] = [];
  t.after(async () => {
    await Promise.all(opened.map(({ broker }) => broker.close()));
    await Promise.all(opened.map(({ proxy }) => proxy.close()));
  });
  return {
    async openBroker(events = {}) {
      const proxy = await startTcpProxy(Number(new URL(url).port) || 5672);
      const broker = await connectRabbitMq({ urls: [through(proxy, url)], events });
      opened.push({ broker, proxy });
      return broker;
    },
    // To RabbitMQ a dead process is a closed connection. This one finds no way back.
    async crash(broker) {
      await opened.find((each) => each.broker === broker)?.proxy.close();
    },
  };
});
