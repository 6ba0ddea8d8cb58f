import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";

/** A defect of the source: a piece of a file's text, and what stands in its place. */
export interface Mutant {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Defects that cannot be made from outside the router's code, each of which a simulation must find. */
export const MUTANTS: Readonly<Record<string, Mutant>> = {
  "waits twice as long before a retry": {
    file: "src/domain/failure/backoff.ts",
    from: "1_000 * 2 ** (attempt - 1)",
    to: "2_000 * 2 ** (attempt - 1)",
  },
  "retries half as often as configured": {
    file: "src/domain/target/policy.ts",
    from: "maximumRetryAttempts: fn.maximumRetryAttempts,",
    to: "maximumRetryAttempts: Math.floor(fn.maximumRetryAttempts / 2),",
  },
  "retries more often than configured": {
    file: "src/domain/target/policy.ts",
    from: "maximumRetryAttempts: fn.maximumRetryAttempts,",
    to: "maximumRetryAttempts: fn.maximumRetryAttempts + 1,",
  },
  "takes an event for younger than it is": {
    file: "src/domain/target/policy.ts",
    from: "maximumEventAgeMs: fn.maximumEventAgeInSeconds * 1_000,",
    to: "maximumEventAgeMs: fn.maximumEventAgeInSeconds * 2_000,",
  },
  "declares a queue for several consumers that one may have": {
    file: "src/domain/queue/queues.ts",
    from: 'const alone = isContainer || destination?.kind === "api-destination" || queue === SUSPECT_QUEUE;',
    to: "const alone = isContainer || queue === SUSPECT_QUEUE;",
  },
  "writes a header under another name": {
    file: "src/domain/delivery/delivery-message.ts",
    from: 'export const EVENT_ID_HEADER = "busbar-event-id";',
    to: 'export const EVENT_ID_HEADER = "busbar-event";',
  },
  "names the origin of a message otherwise": {
    file: "src/domain/delivery/delivery-message.ts",
    from: '{ "busbar-bus": origin.bus, "busbar-rule": origin.rule, "busbar-target": origin.target }',
    to: '{ "busbar-bus": origin.bus, "busbar-rule": origin.rule, "busbar-to": origin.target }',
  },
  "parks a suspect after a single return": {
    file: "src/edge/rabbitmq/queue-arguments.ts",
    from: "const SUSPECT_DELIVERIES_MAX = 2;",
    to: "const SUSPECT_DELIVERIES_MAX = 1;",
  },
  "gives a failure the error code of another": {
    file: "src/domain/failure/reason.ts",
    from: 'throttled: "THROTTLING"',
    to: 'throttled: "INTERNAL_ERROR"',
  },
};

/**
 * Loads the sources with one defect from now on; what was loaded before stays as it is.
 *
 * @throws Error when the text is not in its file: the source has changed since.
 */
export function loadMutated({ file, from, to }: Mutant): void {
  const url = new URL(`../../${file}`, import.meta.url);
  const text = readFileSync(url, "utf8");
  if (text.split(from).length !== 2) throw new Error(`${file} does not hold "${from}" once`);
  registerHooks({
    load: (loaded, context, nextLoad) => {
      const result = nextLoad(loaded, context);
      return loaded === url.href ? { ...result, source: text.replace(from, () => to) } : result;
    },
  });
}
