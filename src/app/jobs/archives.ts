import { Archives } from "../../flow/archive/archives.ts";
import type { SharedLog } from "../../flow/control-log/shared-log.ts";
import type { Broker } from "../../ports/broker/broker.ts";
import { PROCESS } from "../process.ts";
import type { Shared } from "../shared.ts";

/** Makes, knows and tidies the streams of archives. Created before the control log is read, which says what they are. */
export function startArchives(
  log: SharedLog,
  broker: Broker,
  { config, lifecycle, report: onError }: Shared,
): Archives {
  const archives = new Archives({ log, broker, config, onError, ...PROCESS });
  archives.start();
  lifecycle.onStop("archives", () => archives.stop());
  return archives;
}
