import type { AttemptFacts, MessageFact, PutFacts } from "../../src/domain/facts.ts";
import type { Observer } from "../../src/ports/observer.ts";

/** An observer that keeps all facts. */
export class RecordingObserver implements Observer {
  readonly puts: PutFacts[] = [];
  readonly attempts: AttemptFacts[] = [];
  readonly events: string[] = [];

  put = (facts: PutFacts): void => void this.puts.push(facts);
  attempt = (facts: AttemptFacts): void => void this.attempts.push(facts);
  requestRefused = (reason: string): void => void this.events.push(`request refused ${reason}`);
  invocationStarted = (): void => undefined;
  invocationEnded = (): void => undefined;
  parked = (reason: string, queue: string, { deliveryId }: MessageFact): void =>
    void this.events.push(`parked ${reason} ${queue} ${deliveryId}`);
  suspected = (delivery: { id: string }): void => void this.events.push(`suspected ${delivery.id}`);
  settlementDelayed = (delivery: { id: string }): void => void this.events.push(`settlement delayed ${delivery.id}`);
  moveDelayed = (queue: string, { deliveryId }: MessageFact): void =>
    void this.events.push(`move delayed ${queue} ${deliveryId}`);
  lateAnswer = (name: string): void => void this.events.push(`late answer ${name}`);
  limitExceeded = (name: string): void => void this.events.push(`limit exceeded ${name}`);
  circuit = ({ state }: { state: string }): void => void this.events.push(`circuit ${state}`);
  redriven = ({ queue, to, count }: { queue: string; to: string; count: number }): void =>
    void this.events.push(`redriven ${queue} ${to} ${count}`);
  deadLettersPurged = (queue: string, count: number): void => void this.events.push(`purged ${queue} ${count}`);
  pauseChanged = (destination: string, pause?: object): void =>
    void this.events.push(`${pause === undefined ? "resumed" : "paused"} ${destination}`);
  reloaded = (): void => void this.events.push("reloaded");
}
