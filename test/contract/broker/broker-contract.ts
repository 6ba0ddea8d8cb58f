import { archiveContract } from "./archive-contract.ts";
import type { OpenFixture } from "./broker-case.ts";
import { broadcastContract } from "./broadcast-contract.ts";
import { consumerContract } from "./consumer-contract.ts";
import { functionTestContract } from "./function-test-contract.ts";
import { inspectorContract } from "./inspector-contract.ts";
import { logContract } from "./log-contract.ts";
import { removalContract } from "./removal-contract.ts";
import { orderedContract } from "./ordered-contract.ts";
import { publisherContract } from "./publisher-contract.ts";
import { streamContract } from "./stream-contract.ts";
import { takerContract } from "./taker-contract.ts";

/** What every implementation of `Broker` must do, port by port. */
export function brokerContract(name: string, open: OpenFixture): void {
  publisherContract(name, open);
  consumerContract(name, open);
  takerContract(name, open);
  inspectorContract(name, open);
  broadcastContract(name, open);
  logContract(name, open);
  archiveContract(name, open);
  streamContract(name, open);
  functionTestContract(name, open);
  removalContract(name, open);
  orderedContract(name, open);
}
