import type { TestContext } from "node:test";
import type { Broker } from "../../../src/ports/broker/broker.ts";
import { connectRabbitMq } from "../../../src/edge/rabbitmq/connect.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { startTcpProxy, through, type TcpProxy } from "../../support/http/tcp-proxy.ts";
import { CONTRACT_QUEUES, type Fixture } from "../broker/broker-case.ts";
import { brokerContract } from "../broker/broker-contract.ts";
import { holdsContract } from "../broker/holds-contract.ts";

const openFixture = async (t: TestContext): Promise<Fixture> => {
  const url = await freshVhost(t, CONTRACT_QUEUES);
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
};

brokerContract("RabbitMQ", openFixture);
// A receive gets over several channels at once, and RabbitMQ returns and counts messages in the background.
holdsContract("RabbitMQ", openFixture, { keepsOrder: false, isImmediate: false });
