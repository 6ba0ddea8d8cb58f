import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../test/contract/waiting.ts";
import { startLoad } from "../../test/support/router/load.ts";
import type { Load, LoadOptions } from "../../test/support/router/load.ts";
import { PARKED_QUEUE } from "../../src/domain/queue/queues.ts";
import { Router } from "../../test/support/router/router.ts";
import type { TestEntry } from "../../test/support/router/router.ts";
import { residentMiB } from "../resident-memory.ts";
import type { Collector } from "./collector.ts";
import { collectFromRabbitMq, collectFromRouter } from "./collector.ts";
import type { Configuration } from "./configuration.ts";
import { richConfiguration } from "./configuration.ts";
import { Functions } from "./functions.ts";
import { Ledger } from "./ledger.ts";
import type { Facts, StageOptions } from "./scenario.ts";

/** Enough to have every queue busy, and little enough for a small machine that runs the broker as well. */
const EVENTS_PER_SECOND = 30;
const FLOWING = 50;
/**
 * How long events may take to end after the fault before they count as lost. A delay queue that handed a message to a
 * node that died tries again only after three minutes, and looks every three minutes whether it is time.
 */
const END_MS_MAX = 400_000;

/** Load that knows whether it is turned away. */
export interface StageLoad extends Load {
  /** Resolves when puts are answered with 503 that were not before. */
  refused(): Promise<void>;
}

type After = (cleanUp: () => Promise<unknown>) => void;

/** Routers under load, with everything around them that events can end in. */
export class Stage {
  readonly routers: readonly Router[];
  readonly functions: Functions;
  readonly ledger: Ledger;
  readonly configuration: Configuration;
  readonly #options: StageOptions;
  readonly #loads: StageLoad[] = [];
  readonly #acceptedBefore = new Set<string>();

  readonly #after: After;

  private constructor(
    parts: Pick<Stage, "routers" | "functions" | "ledger" | "configuration">,
    options: StageOptions,
    after: After,
  ) {
    this.routers = parts.routers;
    this.functions = parts.functions;
    this.ledger = parts.ledger;
    this.configuration = parts.configuration;
    this.#options = options;
    this.#after = after;
  }

  static async start(options: StageOptions, after: After): Promise<Stage> {
    const functions = await Functions.start(() => ledger);
    after(() => functions.stop());
    const configuration = (options.configuration ?? richConfiguration)(functions.url);
    const ledger = new Ledger(configuration.ends);
    const { brokerOf = () => options.broker } = options;
    const start = (index: number): Promise<Router> => {
      const env = { BUSBAR_BROKER: brokerOf(index), BUSBAR_LOG_LEVEL: "info", ...options.env };
      return Router.start({ config: configuration.yaml, env });
    };
    const routers = await Promise.all(Array.from({ length: options.routers ?? 1 }, (_, index) => start(index)));
    after(() => Promise.all(routers.map((router) => router.remove())));
    return new Stage({ routers, functions, ledger, configuration }, options, after);
  }

  get router(): Router {
    const [first] = this.routers;
    if (first === undefined) throw new Error("a stage has one router at least");
    return first;
  }

  /** Puts events to all routers in turn until the account is closed. */
  startLoad(options: Partial<LoadOptions> = {}): StageLoad {
    const entry = (index: number) => ({ source: "faults", detail: { index } });
    const paced = { count: Infinity, clients: 4, perSecond: EVENTS_PER_SECOND, entry, routers: this.routers };
    const load = startLoad({ ...paced, ...options });
    this.#after(() => Promise.resolve(load.stop()));
    const refusals = (): number => load.statuses.get(503) ?? 0;
    const stageLoad = Object.assign(load, {
      async refused() {
        const before = refusals();
        await eventually("puts are answered with 503", () => refusals() > before, 30_000);
      },
    });
    this.#loads.push(stageLoad);
    return stageLoad;
  }

  /** Puts entries once, to be accounted for. Resolves with the ids of those accepted: none when there was no answer. */
  async put(entries: readonly TestEntry[]): Promise<ReadonlySet<string>> {
    const answer = await this.router.put(entries).catch(() => undefined);
    const accepted = new Set(answer?.eventIds.filter((id) => id !== undefined));
    this.alsoAccepted(accepted);
    return accepted;
  }

  /** Events to be accounted for that came by another load. */
  alsoAccepted(eventIds: Iterable<string>): void {
    for (const id of eventIds) this.#acceptedBefore.add(id);
  }

  /** Resolves when so many more events have been delivered to the healthy function. */
  async flows(count = FLOWING): Promise<void> {
    const delivered = (): number => this.functions.succeeded.get("healthy") ?? 0;
    const before = delivered();
    await eventually(`${count} more events are delivered`, () => delivered() >= before + count, 60_000);
  }

  /**
   * To be called when the fault is over: waits until new events end and all old ones have ended, stops the load, and
   * closes the books when nothing is missing any more or too much time has passed.
   */
  async account(): Promise<Facts> {
    const healedAtMs = performance.now();
    if (this.#loads.length === 0) throw new Error("there is nothing to account for without load");
    const accepted = (): Set<string> =>
      new Set([...this.#acceptedBefore, ...this.#loads.flatMap((load) => [...load.accepted])]);
    const before = accepted();
    const collector = await this.#collector();
    const ended = (ids: Set<string>): boolean => {
      for (const id of ids) {
        if (!this.ledger.isComplete(id)) return false;
        // Not asked for again: a flood accepts hundreds of thousands, and the functions run in this process.
        ids.delete(id);
      }
      return true;
    };
    const isNew = (id: string): boolean => !before.has(id) && this.ledger.isComplete(id);
    const flowsAgain = (): boolean => this.#loads.some((load) => [...load.accepted].some(isNew));
    const missing = new Set(before);
    await untilOrTooLate(() => flowsAgain() && ended(missing));
    const recoverySeconds = Math.round((performance.now() - healedAtMs) / 100) / 10;
    for (const load of this.#loads) load.stop();
    await Promise.all(this.#loads.map((load) => load.done));
    const left = accepted();
    await untilOrTooLate(() => ended(left));
    await collector.stop();
    const memoryMiB = Math.max(...this.routers.map((router) => residentMiB(router.pid)));
    return { ...this.ledger.account(accepted()), recoverySeconds, memoryMiB };
  }

  #collector(): Promise<Collector> {
    const queues = [...this.configuration.queues, PARKED_QUEUE];
    const { broker, directBroker = broker } = this.#options;
    return broker === "embedded"
      ? Promise.resolve(collectFromRouter(this.router, queues, this.ledger))
      : collectFromRabbitMq(directBroker, queues, this.ledger);
  }
}

/** Looks until it holds, and gives up after a while: the account then says what is missing. */
async function untilOrTooLate(holds: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + END_MS_MAX;
  while (!holds() && performance.now() < deadlineMs) await sleep(50);
}

/** Resolves when the running router has taken the configuration over. */
export async function reconfigure(router: Router, { yaml }: Configuration): Promise<void> {
  const taken = (): number => router.log.filter(({ msg }) => msg === "configuration taken over").length;
  const before = taken();
  await router.configure(yaml);
  await eventually("the new configuration is taken over", () => taken() > before);
}
