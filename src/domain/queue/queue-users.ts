import type { Config } from "../config.ts";

/** What puts messages into a queue: a rule's target, a schedule, a function's records, or who has it for dead letters. */
export interface QueueFiller {
  readonly kind: "rule" | "schedule" | "function-records" | "dead-letters";
  /** A rule by `bus/name`, a schedule or function by its name; of dead letters what they are of: `rule BUS/NAME`, `function NAME`, `queue NAME`. */
  readonly name: string;
}

/** By queue. A configuration never changes, so that each is gone through once. */
const FILLERS = new WeakMap<Config, ReadonlyMap<string, readonly QueueFiller[]>>();

/** Everything in the configuration that puts messages into a queue, in the order of the files. */
export function fillersOf(queue: string, config: Config): readonly QueueFiller[] {
  const known = FILLERS.get(config) ?? allFillers(config);
  FILLERS.set(config, known);
  return known.get(queue) ?? [];
}

function allFillers({ rules, schedules, functions, queues }: Config): ReadonlyMap<string, readonly QueueFiller[]> {
  const byQueue = new Map<string, Map<string, QueueFiller>>();
  const add = (queue: string | undefined, filler: QueueFiller): void => {
    if (queue === undefined) return;
    const fillers = byQueue.get(queue) ?? new Map<string, QueueFiller>();
    byQueue.set(queue, fillers.set(`${filler.kind} ${filler.name}`, filler));
  };
  for (const [name, { targets }] of rules) {
    for (const { to, deadLetterQueue } of targets) {
      if (to.kind === "queue") add(to.name, { kind: "rule", name });
      add(deadLetterQueue, { kind: "dead-letters", name: `rule ${name}` });
    }
  }
  for (const [name, { target }] of schedules) {
    if (target.to.kind === "queue") add(target.to.name, { kind: "schedule", name });
  }
  for (const [name, { onSuccess, onFailure, deadLetterQueue }] of functions) {
    for (const to of [onSuccess, onFailure]) {
      if (to?.kind === "queue") add(to.name, { kind: "function-records", name });
    }
    add(deadLetterQueue, { kind: "dead-letters", name: `function ${name}` });
  }
  for (const [name, { redrivePolicy }] of queues) {
    add(redrivePolicy?.queue, { kind: "dead-letters", name: `queue ${name}` });
  }
  return new Map([...byQueue].map(([queue, fillers]) => [queue, [...fillers.values()]]));
}

/** By queue, the names of those whose redrive policies lead to it, in the order of the files. */
export function deadLetterSources({ queues }: Config): ReadonlyMap<string, readonly string[]> {
  const sources = new Map<string, string[]>();
  for (const [name, { redrivePolicy }] of queues) {
    if (redrivePolicy === undefined) continue;
    const known = sources.get(redrivePolicy.queue);
    if (known === undefined) sources.set(redrivePolicy.queue, [name]);
    else known.push(name);
  }
  return sources;
}
