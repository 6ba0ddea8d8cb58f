import type { Scenario } from "./scenario.ts";
import { alarm } from "./scenarios/alarm.ts";
import { backlog } from "./scenarios/backlog.ts";
import { brokerKill } from "./scenarios/broker-kill.ts";
import { brokerRestart } from "./scenarios/broker-restart.ts";
import { channelClosed } from "./scenarios/channel-closed.ts";
import { clock, clockEmbedded } from "./scenarios/clock.ts";
import { clusterConsumer } from "./scenarios/cluster-consumer.ts";
import { clusterLeader } from "./scenarios/cluster-leader.ts";
import { consoleKill } from "./scenarios/console-kill.ts";
import { credentials } from "./scenarios/credentials.ts";
import { delayedTargetGone } from "./scenarios/delayed-target-gone.ts";
import { descriptors } from "./scenarios/descriptors.ts";
import { diskFull } from "./scenarios/disk-full.ts";
import { functionFaults } from "./scenarios/function.ts";
import { journalGone } from "./scenarios/journal-gone.ts";
import { lostQuorum } from "./scenarios/lost-quorum.ts";
import { network } from "./scenarios/network.ts";
import { overload } from "./scenarios/overload.ts";
import { poison } from "./scenarios/poison.ts";
import { queueDeleted } from "./scenarios/queue-deleted.ts";
import { reload } from "./scenarios/reload.ts";
import { routerKill } from "./scenarios/router-kill.ts";
import { routerRelay } from "./scenarios/router-relay.ts";
import { setupCut } from "./scenarios/setup-cut.ts";
import { skew } from "./scenarios/skew.ts";
import { upgrade } from "./scenarios/upgrade.ts";

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
