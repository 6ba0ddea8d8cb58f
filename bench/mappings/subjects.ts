import { spawn } from "node:child_process";
import { once } from "node:events";
import type { MappingListAnswer } from "../../src/admin-api/configuration/mappings.ts";
import { eventually } from "../../test/contract/waiting.ts";
import { atProcessEnd } from "../../test/support/router/process-end.ts";
import type { Router } from "../../test/support/router/router.ts";
import { QUEUE, QUEUE_CONFIG, startRaw, startRouter } from "../sqs/subjects.ts";

/** Calls at once. */
const CALLS = 5;

/** Something that reads a queue, and calls a function with batches of what it reads. */
export interface ReadingSubject {
  readonly name: string;
  send(body: string): Promise<void>;
  /** Reads from now on. Resolves with the process that does. */
  begin(): Promise<number>;
  end(): Promise<void>;
  stop(): Promise<void>;
}

/** A router with a mapping, which is enabled while it reads. */
export async function startMapping(
  name: string,
  broker: string,
  functionUrl: string,
  batchSize: number,
): Promise<ReadingSubject> {
  const config = (enabled: boolean): string => `functions:
  records: { http: { url: "${functionUrl}" }, concurrency: ${CALLS} }
eventSourceMappings:
  records: { queue: ${QUEUE}, function: records, batchSize: ${batchSize}, maximumBatchingWindowInSeconds: 1, enabled: ${enabled} }
`;
  const subject = await startRouter(name, broker, config(false));
  const { router, pid = 0 } = subject;
  const switchTo = async (enabled: boolean): Promise<void> => {
    await router.configure(`${QUEUE_CONFIG}${config(enabled)}`);
    await eventually("the router has taken it over", async () => ((await stateIn(router)) === "disabled") !== enabled);
  };
  return {
    name,
    send: (body) => subject.send(body),
    async begin() {
      await switchTo(true);
      return pid;
    },
    end: () => switchTo(false),
    stop: () => subject.stop(),
  };
}

async function stateIn({ adminUrl }: Router): Promise<string | undefined> {
  const answer = await fetch(`${adminUrl}/api/v1/mappings`);
  return ((await answer.json()) as MappingListAnswer).mappings[0]?.state;
}

/** A consumer by hand, a process of its own that runs while it reads. */
export async function startByHand(broker: string, functionUrl: string, batchSize: number): Promise<ReadingSubject> {
  const queue = await startRaw(broker);
  let end = (): Promise<void> => Promise.resolve();
  return {
    name: "by hand",
    send: (body) => queue.send(body),
    begin() {
      const args = ["bench/mappings/bare.ts", functionUrl, broker, QUEUE, String(batchSize), String(CALLS)];
      const child = spawn(process.execPath, args, { stdio: "inherit" });
      const undo = atProcessEnd(() => child.kill("SIGKILL"));
      end = async () => {
        const exited = once(child, "exit");
        child.kill("SIGTERM");
        await exited;
        undo();
      };
      return Promise.resolve(child.pid ?? 0);
    },
    end: () => end(),
    stop: () => queue.stop(),
  };
}
