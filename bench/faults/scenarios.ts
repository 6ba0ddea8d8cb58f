import type { Scenario } from "./scenario.ts";
import { alarm } from "./scenarios/broker/alarm.ts";
import { archiveKill } from "./scenarios/kept/archive-kill.ts";
import { backlog } from "./scenarios/targets/backlog.ts";
import { batchKill } from "./scenarios/kept/batch-kill.ts";
import { brokerKill } from "./scenarios/broker/broker-kill.ts";
import { brokerRestart } from "./scenarios/broker/broker-restart.ts";
import { catchUpKill } from "./scenarios/kept/catch-up-kill.ts";
import { channelClosed } from "./scenarios/broker/channel-closed.ts";
import { clock, clockEmbedded } from "./scenarios/router/clock.ts";
import { clusterConsumer } from "./scenarios/cluster/cluster-consumer.ts";
import { clusterLeader } from "./scenarios/cluster/cluster-leader.ts";
import { consoleKill } from "./scenarios/kept/console-kill.ts";
import { credentials } from "./scenarios/broker/credentials.ts";
import { delayedTargetGone } from "./scenarios/targets/delayed-target-gone.ts";
import { descriptors } from "./scenarios/broker/descriptors.ts";
import { diskFull } from "./scenarios/broker/disk-full.ts";
import { fifoOwnerKill } from "./scenarios/kept/fifo-owner-kill.ts";
import { functionFaults } from "./scenarios/targets/function.ts";
import { jobKill } from "./scenarios/kept/job-kill.ts";
import { journalGone } from "./scenarios/kept/journal-gone.ts";
import { lostQuorum } from "./scenarios/cluster/lost-quorum.ts";
import { mappingKill } from "./scenarios/kept/mapping-kill.ts";
import { network } from "./scenarios/broker/network.ts";
import { orderKill } from "./scenarios/kept/order-kill.ts";
import { overload } from "./scenarios/router/overload.ts";
import { poison } from "./scenarios/targets/poison.ts";
import { queueDeleted } from "./scenarios/broker/queue-deleted.ts";
import { replayKill } from "./scenarios/kept/replay-kill.ts";
import { reload } from "./scenarios/router/reload.ts";
import { routerKill } from "./scenarios/router/router-kill.ts";
import { routerRelay } from "./scenarios/router/router-relay.ts";
import { scheduleKill } from "./scenarios/kept/schedule-kill.ts";
import { setupCut } from "./scenarios/router/setup-cut.ts";
import { skew } from "./scenarios/router/skew.ts";
import { sqsBrokerRestart } from "./scenarios/queues/sqs-broker-restart.ts";
import { sqsHolderFreeze } from "./scenarios/queues/sqs-holder-freeze.ts";
import { sqsHolderKill } from "./scenarios/queues/sqs-holder-kill.ts";
import { storeGone } from "./scenarios/kept/store-gone.ts";
import { streamReaderKill } from "./scenarios/kept/stream-reader-kill.ts";
import { undeliveredKill } from "./scenarios/kept/undelivered-kill.ts";
import { upgrade } from "./scenarios/router/upgrade.ts";

/** In the order in which they run: from the inside out. */
export const SCENARIOS: readonly Scenario[] = [
  // the routers themselves
  routerKill,
  routerRelay,
  poison,
  reload,
  skew,
  upgrade,
  overload,
  backlog,
  // the machine that they run on
  clock,
  clockEmbedded,
  descriptors,
  diskFull,
  // what they call
  functionFaults,
  // RabbitMQ, and what people do to it
  brokerRestart,
  brokerKill,
  alarm,
  credentials,
  channelClosed,
  queueDeleted,
  delayedTargetGone,
  // what people receive over the SQS API
  sqsHolderKill,
  sqsHolderFreeze,
  sqsBrokerRestart,
  // what people start
  jobKill,
  archiveKill,
  replayKill,
  undeliveredKill,
  catchUpKill,
  scheduleKill,
  mappingKill,
  streamReaderKill,
  storeGone,
  fifoOwnerKill,
  orderKill,
  batchKill,
  // what people look into
  journalGone,
  consoleKill,
  // a cluster of it
  clusterLeader,
  clusterConsumer,
  lostQuorum,
  // the network in between
  setupCut,
  network,
];
