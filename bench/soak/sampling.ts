import type { Router } from "../../test/support/router/router.ts";
import { residentMiB } from "../resident-memory.ts";
import type { Series } from "./flatness.ts";

/** What is told of each router. */
interface RouterSample {
  readonly residentMiB: number;
  readonly heapMiB: number;
  readonly descriptors: number;
}

/** One look at everything. */
export interface Sample {
  /** Since the start of the load. */
  readonly atSeconds: number;
  readonly routers: readonly RouterSample[];
  /** Messages ready in all queues together, those that wait for a retry aside. */
  readonly messagesReady: number;
  readonly eventsPerSecond: number;
}

/** Takes samples of some routers. */
export class Sampler {
  readonly samples: Sample[] = [];
  readonly #routers: readonly Router[];
  readonly #finished: ReadonlySet<string>;
  readonly #startedAtMs = performance.now();
  #last = { atMs: this.#startedAtMs, finished: 0 };

  /** @param finished the events that have come to the end of their way, a set that grows */
  constructor(routers: readonly Router[], finished: ReadonlySet<string>) {
    this.#routers = routers;
    this.#finished = finished;
  }

  async take(): Promise<Sample> {
    const pages = await Promise.all(this.#routers.map(scrape));
    const atMs = performance.now();
    const sample = {
      atSeconds: (atMs - this.#startedAtMs) / 1_000,
      routers: this.#routers.map((router, index) => ({
        residentMiB: residentMiB(router.pid),
        heapMiB: sum(pages[index], "nodejs_heap_size_used_bytes") / 1_048_576,
        descriptors: sum(pages[index], "process_open_fds"),
      })),
      // Every router tells of the same queues.
      messagesReady: sum(pages[0], "busbar_queue_messages_ready"),
      eventsPerSecond: ((this.#finished.size - this.#last.finished) * 1_000) / (atMs - this.#last.atMs),
    };
    this.#last = { atMs, finished: this.#finished.size };
    this.samples.push(sample);
    return sample;
  }
}

/** What is plotted and judged together: one panel, one or two lines. */
export interface Panel {
  readonly title: string;
  readonly series: readonly Series[];
}

/** Turns samples into series, those of the same kind together. */
export function panelsOf(samples: readonly Sample[]): readonly Panel[] {
  const routers = samples[0]?.routers.map((_, index) => index) ?? [];
  const perRouter = (unit: string, valueOf: (sample: RouterSample) => number): readonly Series[] =>
    routers.map((router) => ({
      name: `router ${router + 1}`,
      unit,
      values: samples.map((sample) => (sample.routers[router] ? valueOf(sample.routers[router]) : Number.NaN)),
    }));
  const whole = (unit: string, valueOf: (sample: Sample) => number): readonly Series[] => [
    { name: "all", unit, values: samples.map(valueOf) },
  ];
  return [
    { title: "resident memory", series: perRouter("MiB", (one) => one.residentMiB) },
    { title: "JavaScript heap in use", series: perRouter("MiB", (one) => one.heapMiB) },
    { title: "open file descriptors", series: perRouter("", (one) => one.descriptors) },
    { title: "messages ready in all queues", series: whole("", (one) => one.messagesReady) },
    { title: "events finished a second", series: whole("", (one) => one.eventsPerSecond) },
  ];
}

async function scrape(router: Router): Promise<string> {
  return await (await fetch(`${router.adminUrl}/metrics`)).text();
}

/** The sum of a metric's series on a page of metrics; NaN when there are none. */
function sum(page: string | undefined, metric: string): number {
  const values = (page ?? "").split("\n").flatMap((line) => {
    const isIts = line.startsWith(`${metric} `) || line.startsWith(`${metric}{`);
    return isIts ? [Number(line.slice(line.lastIndexOf(" ")))] : [];
  });
  return values.length === 0 ? Number.NaN : values.reduce((total, value) => total + value, 0);
}
