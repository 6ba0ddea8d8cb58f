import type { AttemptFacts, MessageFact } from "../../../src/domain/facts.ts";
import { RecordingObserver } from "../../support/observe/recording-observer.ts";
import type { Trace } from "../trace.ts";

/** Writes what a router observes of its journeys into the trace. */
export class TracingObserver extends RecordingObserver {
  readonly #router: string;
  readonly #trace: Trace;

  constructor(router: string, trace: Trace) {
    super();
    this.#router = router;
    this.#trace = trace;
  }

  override attempt = ({ delivery, outcome, verdict }: AttemptFacts): void =>
    this.#note(`settled ${delivery.id}: ${outcome.ok ? "ok" : outcome.reason}, ${verdict.kind}`);
  override parked = (reason: string, queue: string, { deliveryId }: MessageFact): void =>
    this.#note(`parked ${deliveryId} of ${queue}: ${reason}`);
  override suspected = ({ id }: { id: string }): void => this.#note(`suspects ${id}`);
  override settlementDelayed = ({ id }: { id: string }): void => this.#note(`cannot settle ${id} yet`);
  override moveDelayed = (queue: string, { deliveryId }: MessageFact): void =>
    this.#note(`cannot move ${deliveryId} to ${queue} yet`);
  override circuit = ({ state }: { state: string }): void => this.#note(`has a circuit ${state}`);

  #note(what: string): void {
    this.#trace.note(`${this.#router} ${what}`);
  }
}
