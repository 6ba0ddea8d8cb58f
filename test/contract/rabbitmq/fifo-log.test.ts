import { describe, it } from "node:test";
import { connect } from "amqplib";
import { FIFO_LOG } from "../../../src/domain/queue/queues.ts";
import { connectQuietly } from "../../../src/edge/rabbitmq/connection/quiet-connection.ts";
import type { FifoRecord } from "../../../src/edge/rabbitmq/fifo/owner/fifo-log.ts";
import { FifoLog } from "../../../src/edge/rabbitmq/fifo/owner/fifo-log.ts";
import { startTcpProxy, through } from "../../support/http/tcp-proxy.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { eventually } from "../waiting.ts";

const MANY = 500;
const deleted = (message: string): FifoRecord => ({ type: "deleted", queue: "orders.fifo", message });

describe("the log of FIFO queues", { timeout: 120_000 }, () => {
  it("is read again from its beginning when RabbitMQ has lost it while the router was away", async (t) => {
    const url = await freshVhost(t, [FIFO_LOG]);
    const proxy = await startTcpProxy(Number(new URL(url).port) || 5672);
    const connection = await connectQuietly({ urls: [through(proxy, url)] }, "a test's log");
    const read: string[] = [];
    const log = new FifoLog(connection, (record) => record.type === "deleted" && read.push(record.message), 1_000);
    t.after(async () => {
      await log.end();
      await connection.close();
      await proxy.close();
    });
    await log.start();
    // More than the marks of all tries to catch up: the next log does not come to the offset of this one by itself.
    const many = Array.from({ length: MANY }, (_, n) => deleted(`m-${n}`));
    await eventually("it is stored", () =>
      log.append(many).then(
        () => true,
        () => false,
      ),
    );
    await eventually("it is read", () => read.length >= MANY);

    proxy.stall();
    proxy.cut();
    const other = await connect(url);
    const channel = await other.createChannel();
    await channel.deleteQueue(FIFO_LOG);
    await other.close();
    proxy.resume();
    await eventually("it is caught up", () =>
      log.caughtUp().then(
        () => true,
        () => false,
      ),
    );
    await log.append([deleted("later")]);
    await eventually("the new log is read", () => read.includes("later"));
  });
});
