import type { Scenario } from "./scenario.ts";
import { brokerKill } from "./scenarios/broker-kill.ts";
import { brokerRestart } from "./scenarios/broker-restart.ts";
import { routerKill } from "./scenarios/router-kill.ts";
import { setupCut } from "./scenarios/setup-cut.ts";
import { queueDeleted } from "./scenarios/queue-deleted.ts";
import { delayedTargetGone } from "./scenarios/delayed-target-gone.ts";
import { poison } from "./scenarios/poison.ts";
import { alarm } from "./scenarios/alarm.ts";
import { routerRelay } from "./scenarios/router-relay.ts";
import { skew } from "./scenarios/skew.ts";
import { lostQuorum } from "./scenarios/lost-quorum.ts";
import { clusterLeader } from "./scenarios/cluster-leader.ts";
import { credentials } from "./scenarios/credentials.ts";
import { network } from "./scenarios/network.ts";
import { functionFaults } from "./scenarios/function.ts";
import { reload } from "./scenarios/reload.ts";
import { descriptors } from "./scenarios/descriptors.ts";
import { diskFull } from "./scenarios/disk-full.ts";
import { clock, clockEmbedded } from "./scenarios/clock.ts";
import { overload } from "./scenarios/overload.ts";
import { channelClosed } from "./scenarios/channel-closed.ts";

/** In the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [
  brokerKill,
  brokerRestart,
  routerKill,
  setupCut,
  queueDeleted,
  delayedTargetGone,
  poison,
  alarm,
  routerRelay,
  skew,
  lostQuorum,
  clusterLeader,
  credentials,
  network,
  functionFaults,
  reload,
  descriptors,
  diskFull,
  clock,
  clockEmbedded,
  overload,
  channelClosed,
];
