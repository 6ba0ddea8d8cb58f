import type { Config } from "../../domain/config.ts";
import type { ReplayOrder } from "../../domain/replay/replay.ts";
import type { IsHeld, Rule, StartFrom } from "../../domain/rule/rule.ts";
import { ruleKey } from "../../domain/rule/rule.ts";
import type { CatchUpControl } from "../../ports/admin/jobs.ts";

const BEGIN_AGAIN_MS = 1_000;
/** Of a rule's name in that of its catch-up: with the rest of it, 64 characters. */
const RULE_CHARACTERS_MAX = 40;

export interface CatchUpsOptions {
  readonly config: () => Config;
  /** The same text has the same id on every router. */
  readonly deriveId: (text: string) => string;
  readonly nowMs: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** How long a rule waits at first, in milliseconds. */
  readonly holdMs: number;
}

/**
 * Sees to it that each rule with a `startFrom` gets its past, once over all routers, and nothing new before
 * (docs/adr/0071-a-rules-past-comes-before-its-present.md). The control log says which catch-ups were ever begun.
 */
export class CatchUps {
  readonly #options: CatchUpsOptions;
  #jobs: CatchUpControl | undefined;
  /** By the catch-up's name, until when its rule waits though nobody has begun it yet; epoch milliseconds. */
  #unbegunUntilMs = new Map<string, number>();
  readonly #names = new WeakMap<StartFrom, string>();
  readonly #stopping = new AbortController();
  #beginning: Promise<void> = Promise.resolve();

  constructor(options: CatchUpsOptions) {
    this.#options = options;
  }

  /** Once the control log is read, or nearly. Before that no rule waits. */
  begin(jobs: CatchUpControl): void {
    this.#jobs = jobs;
    this.prepare(this.#options.config());
    this.follow();
  }

  /** Has the new rules of a configuration wait from the moment that it is in force. */
  prepare(config: Config): void {
    const { deriveId, nowMs, holdMs } = this.#options;
    // Half of what the record says, so that it is over by then for a router that is late to read it.
    const untilMs = nowMs() + holdMs / 2;
    const known = this.#unbegunUntilMs;
    this.#unbegunUntilMs = new Map(
      [...rulesOf(config, deriveId).keys()].map((name) => [name, known.get(name) ?? untilMs]),
    );
  }

  /** Begins what is new in the configuration in force. */
  follow(): void {
    this.#beginning = this.#beginning.then(() => this.#beginAll());
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#beginning;
  }

  readonly isHeld: IsHeld = (rule, acceptedAtMs) => {
    const { startFrom } = rule;
    if (startFrom === undefined || this.#jobs === undefined) return false;
    const name = this.#names.get(startFrom) ?? catchUpName(rule, startFrom, this.#options.deriveId);
    this.#names.set(startFrom, name);
    return acceptedAtMs < (this.#jobs.heldUntilMs(name) ?? this.#unbegunUntilMs.get(name) ?? 0);
  };

  async #beginAll(): Promise<void> {
    const { config, deriveId, sleep } = this.#options;
    const { signal } = this.#stopping;
    for (const [name] of rulesOf(config(), deriveId)) {
      for (let rule = this.#unbegun(name); rule !== undefined; rule = this.#unbegun(name)) {
        if (signal.aborted) return;
        // A record that the broker does not take is appended again, as long as the rule is there.
        if (!(await this.#begun(name, rule))) await sleep(BEGIN_AGAIN_MS, signal).catch(() => undefined);
      }
    }
  }

  /** The rule whose catch-up nobody has begun; undefined for one that is gone, disabled, or has begun. */
  #unbegun(name: string): Rule | undefined {
    const rule = rulesOf(this.#options.config(), this.#options.deriveId).get(name);
    return rule?.state === "ENABLED" && this.#jobs !== undefined && this.#jobs.heldUntilMs(name) === undefined
      ? rule
      : undefined;
  }

  async #begun(name: string, rule: Rule): Promise<boolean> {
    const { nowMs, holdMs } = this.#options;
    const untilMs = nowMs() + holdMs;
    try {
      await this.#jobs?.start(orderOf(name, rule, nowMs()), { hold: { untilMs }, by: "startFrom" });
      if (this.#jobs?.heldUntilMs(name) !== undefined) return true;
      // The record is there, and this router does not hear of it: it must not have the rule wait on its own.
      this.#unbegunUntilMs.delete(name);
      return false;
    } catch {
      return false;
    }
  }
}

/** The rules that get a past, disabled ones too, by the names of their catch-ups. */
function rulesOf(config: Config, deriveId: (text: string) => string): ReadonlyMap<string, Rule> {
  const named = config.rulesWithPast.flatMap((rule) =>
    rule.startFrom === undefined ? [] : [[catchUpName(rule, rule.startFrom, deriveId), rule] as const],
  );
  return new Map(named);
}

/** Whether the configuration still has the rule of a catch-up, with the same past. */
export function knowsPast(
  { name, bus, rules }: ReplayOrder,
  config: Config,
  deriveId: (text: string) => string,
): boolean {
  const rule = config.rules.get(ruleKey(bus, rules?.[0] ?? ""));
  return rule?.startFrom !== undefined && catchUpName(rule, rule.startFrom, deriveId) === name;
}

/** The same on every router, and another one for another `startFrom`. */
function catchUpName({ bus, name }: Rule, past: StartFrom, deriveId: (text: string) => string): string {
  const id = deriveId(JSON.stringify(["catch-up", ruleKey(bus, name), past.archive, past.sinceMs]));
  return `catch-up.${name.slice(0, RULE_CHARACTERS_MAX)}.${id.slice(0, 8)}`;
}

function orderOf(name: string, { bus, name: rule, startFrom }: Rule, nowMs: number): ReplayOrder {
  return {
    kind: "replay",
    name,
    archive: startFrom?.archive ?? "",
    bus,
    fromMs: wholeSecond(startFrom?.sinceMs ?? 0),
    toMs: wholeSecond(nowMs),
    rules: [rule],
    description: `The past of rule ${rule}, by its startFrom.`,
    catchesUp: true,
  };
}

function wholeSecond(epochMs: number): number {
  return Math.floor(epochMs / 1_000) * 1_000;
}
