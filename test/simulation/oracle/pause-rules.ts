import type { Life } from "../life.ts";
import type { Scheduler } from "../scheduler.ts";

export interface PauseRulesOptions {
  readonly scheduler: Scheduler;
  readonly violate: (what: string) => void;
}

/** What the control log, or what a router has read of it, says last of a destination. */
interface Said {
  readonly paused: boolean;
  readonly atMs: number;
}

/** A router that begins a call. */
export interface PausingRouter {
  readonly name: string;
  readonly life: Life;
  /** Whether it gave up waiting for the log at its start. */
  readonly startedUnknowing: boolean;
  /** When it last lost a connection or a channel; undefined when it never has. */
  readonly lastCutAtMs: number | undefined;
}

/** docs/operations.md, "Pausing a destination": the others follow "within a moment". */
const MOMENT_MS = 1_000;
/** A router that has lost its connection to the log may be so long without it. */
const CUT_OFF_MS = 60_000;

/** What must hold of paused destinations (docs/operations.md, "Pausing a destination"). */
export class PauseRules {
  readonly #options: PauseRulesOptions;
  readonly #log = new Map<string, Said>();
  readonly #read = new WeakMap<Life, Map<string, Said>>();

  constructor(options: PauseRulesOptions) {
    this.#options = options;
  }

  /** A record is stored in the control log. */
  logged(body: Buffer): void {
    this.#note(this.#log, body);
  }

  /** A router has read a record. */
  read(life: Life, body: Buffer): void {
    const known = this.#read.get(life) ?? new Map<string, Said>();
    this.#read.set(life, known);
    this.#note(known, body);
  }

  /** A router begins to call a destination, or to answer its poll. */
  begin({ name, life, startedUnknowing, lastCutAtMs = -Infinity }: PausingRouter, label: string): void {
    const { scheduler, violate } = this.#options;
    const { nowMs } = scheduler;
    const known = this.#read.get(life)?.get(label);
    if (known?.paused === true && nowMs > known.atMs)
      return violate(`router ${name} calls ${label}, ${nowMs - known.atMs} ms after it has read that it is paused`);
    const said = this.#log.get(label);
    const isCutOff = startedUnknowing || nowMs - lastCutAtMs < CUT_OFF_MS;
    if (said?.paused === true && known?.paused !== true && nowMs - said.atMs > MOMENT_MS && !isCutOff)
      violate(`router ${name} calls ${label}, ${nowMs - said.atMs} ms after it was paused, and does not know it yet`);
  }

  #note(records: Map<string, Said>, body: Buffer): void {
    if (body.length === 0) return;
    const { kind, destination, paused } = JSON.parse(body.toString()) as Record<string, unknown>;
    if (kind !== "pause") return;
    records.set(String(destination), { paused: paused === true, atMs: this.#options.scheduler.nowMs });
  }
}
