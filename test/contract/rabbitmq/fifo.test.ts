import type { TestContext } from "node:test";
import type { Broker } from "../../../src/ports/broker/broker.ts";
import { connectRabbitMq } from "../../../src/edge/rabbitmq/connect.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { startTcpProxy, through, type TcpProxy } from "../../support/http/tcp-proxy.ts";
import type { Fixture } from "../broker/broker-case.ts";
import { FIFO, FIFO_DEAD, fifoContract } from "../broker/fifo-contract.ts";

const openFixture = async (t: TestContext): Promise<Fixture> => {
  const url = await freshVhost(t, [FIFO, FIFO_DEAD, "busbar.function.work", "busbar.function.sentinel"]);
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
    async crash(broker) {
      await opened.find((each) => each.broker === broker)?.proxy.close();
    },
  };
};

fifoContract("RabbitMQ", openFixture, { keepsAll: false });
