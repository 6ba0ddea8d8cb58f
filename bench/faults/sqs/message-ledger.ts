import type { Account } from "../ledger.ts";

const EXAMPLES_MAX = 5;

/** A receive that was answered. Times are those of `performance.now`. */
export interface SeenReceive {
  readonly id: string;
  /** `ApproximateReceiveCount`. */
  readonly count: number;
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
  readonly invisibleMs: number;
}

interface Life {
  isAccepted: boolean;
  receives: number;
  lastCount: number;
  /** Nobody else is to receive it before. */
  invisibleUntilMs: number;
  deletedAtMs: number | undefined;
  /** Whether it was deleted before its time was over. */
  isDeletedInTime: boolean;
  isDead: boolean;
}

/** The books of messages that were sent, received and deleted over the SQS API. */
export class MessageLedger {
  readonly #lives = new Map<string, Life>();
  readonly #wrong: string[] = [];
  #goingAway = { fromMs: Infinity, toMs: -Infinity };
  #excused = 0;
  #early = 0;
  #notRisen = 0;

  /** A send of it was answered. */
  sent(id: string): void {
    this.#of(id).isAccepted = true;
  }

  received({ id, count, askedAtMs, answeredAtMs, invisibleMs }: SeenReceive): void {
    const life = this.#of(id);
    const { deletedAtMs } = life;
    // One that was under way as the delete was answered may have been handed out before it.
    if (deletedAtMs !== undefined && askedAtMs > deletedAtMs) this.#again(id, deletedAtMs, askedAtMs);
    if (answeredAtMs < life.invisibleUntilMs) this.#early += 1;
    if (count < 1) this.#wrong.push(`${id} was received for the ${count}th time`);
    if (count <= life.lastCount) this.#notRisen += 1;
    life.receives += 1;
    life.lastCount = Math.max(count, life.lastCount);
    // It became invisible when the router handed it out, some time after it was asked.
    life.invisibleUntilMs = Math.max(life.invisibleUntilMs, askedAtMs + invisibleMs);
  }

  /** A change of its visibility was answered that was asked for at that time. */
  hidden(id: string, askedAtMs: number, invisibleMs: number): void {
    this.#of(id).invisibleUntilMs = askedAtMs + invisibleMs;
  }

  /** A delete of it was answered that was asked for at that time. */
  deleted(id: string, askedAtMs: number, answeredAtMs: number): void {
    const life = this.#of(id);
    life.isDeletedInTime ||= askedAtMs < life.invisibleUntilMs;
    life.deletedAtMs ??= answeredAtMs;
  }

  /** It was received from the dead-letter queue. */
  dead(id: string): void {
    const life = this.#of(id);
    if (life.isDeletedInTime && !life.isDead) this.#wrong.push(`${id} was deleted, and is in the dead-letter queue`);
    life.isDead = true;
  }

  /** Deletes that were answered in this time may be undone: RabbitMQ was going away. */
  excuse(fromMs: number, toMs: number): void {
    this.#goingAway = { fromMs, toMs };
  }

  /** Whether every message that was accepted has come to an end. */
  get isComplete(): boolean {
    return [...this.#lives.values()].every((life) => !life.isAccepted || isEnded(life));
  }

  /** Until when those are invisible that are not deleted, or whose copies may be there. */
  get invisibleUntilMs(): number {
    return Math.max(0, ...[...this.#lives.values()].map(({ invisibleUntilMs }) => invisibleUntilMs));
  }

  /** What the columns of the table do not say. */
  get notes(): readonly string[] {
    const accepted = [...this.#lives.values()].filter(({ isAccepted }) => isAccepted);
    const receives = accepted.reduce((sum, life) => sum + life.receives, 0);
    return [
      `${receives} receives of ${accepted.length} messages, ${this.#early} of them before the time of the last was over`,
      `${this.#notRisen} receives whose count was no higher than one seen before`,
      `${this.#excused} received again that were deleted as RabbitMQ went away`,
    ];
  }

  account(): Account {
    const accepted = [...this.#lives].filter(([, { isAccepted }]) => isAccepted);
    const delivered = accepted.filter(([, { deletedAtMs }]) => deletedAtMs !== undefined);
    const deadLettered = accepted.filter(([, { deletedAtMs, isDead }]) => deletedAtMs === undefined && isDead);
    const lost = accepted.filter(([, life]) => !isEnded(life));
    const examples = [...this.#wrong, ...lost.map(([id]) => `${id} was neither deleted nor is it to be received`)];
    return {
      accepted: accepted.length,
      delivered: delivered.length,
      deadLettered: deadLettered.length,
      lost: lost.length,
      excused: this.#excused,
      duplicates: this.#early,
      parked: 0,
      wrong: this.#wrong.length,
      examples: examples.slice(0, EXAMPLES_MAX),
    };
  }

  #again(id: string, deletedAtMs: number, askedAtMs: number): void {
    const { fromMs, toMs } = this.#goingAway;
    if (deletedAtMs >= fromMs && deletedAtMs <= toMs) this.#excused += 1;
    else this.#wrong.push(`${id} was received ${Math.round(askedAtMs - deletedAtMs)} ms after its delete was answered`);
  }

  #of(id: string): Life {
    const life = this.#lives.get(id) ?? {
      isAccepted: false,
      receives: 0,
      lastCount: 0,
      invisibleUntilMs: -Infinity,
      deletedAtMs: undefined,
      isDeletedInTime: false,
      isDead: false,
    };
    this.#lives.set(id, life);
    return life;
  }
}

function isEnded({ deletedAtMs, isDead }: Life): boolean {
  return deletedAtMs !== undefined || isDead;
}
