import { describe } from "node:test";
import { FUNCTION_LOGS } from "../../../src/domain/queue/queues.ts";
import { openRabbitMqJournalWriter } from "../../../src/edge/rabbitmq/journal/journal-writer.ts";
import { rabbitMqLogFrames } from "../../../src/edge/rabbitmq/journal/log-frames.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { waitingForConnection } from "../journal/waiting-writer.ts";
import { logFramesContract } from "../logs/log-frames-contract.ts";

const BOUNDS = { bytesMax: 64 * 1024 * 1024 };

describe("Lines of functions on RabbitMQ", () => {
  logFramesContract(async (t) => {
    const urls = [await freshVhost(t)];
    const fault = (message: string, cause: unknown): never => {
      throw new Error(message, { cause });
    };
    return {
      openWriter: async () => {
        const writer = await openRabbitMqJournalWriter({ urls, stream: FUNCTION_LOGS, bounds: BOUNDS, fault });
        t.after(() => writer.close());
        return waitingForConnection(writer);
      },
      openFrames: () => Promise.resolve(rabbitMqLogFrames({ urls })),
    };
  });
});
