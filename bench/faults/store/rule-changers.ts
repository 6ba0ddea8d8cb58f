import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { PutRuleCommand } from "@aws-sdk/client-eventbridge";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../../test/contract/waiting.ts";
import { eventsClient } from "../../../test/support/aws/events-client.ts";
import type { Router } from "../../../test/support/router/router.ts";
import type { MadeRule } from "../../../src/domain/made/made.ts";
import { RULE_KIND } from "../../../src/domain/made/made.ts";
import type { Store } from "../../../src/ports/store/store.ts";

const PAUSE_MS = 20;
const SEEN_MS_MAX = 60_000;

/** What the callers were answered, as numbers of changes. */
export interface ChangeCounts {
  done: number;
  /** Nothing was changed, says the answer. */
  refused: number;
  /** It is not known whether the change was made, says the answer. */
  unknown: number;
}

/** Callers that change rules all the time, one rule each, and keep in mind what they were answered. */
export class RuleChangers {
  readonly counts: ChangeCounts = { done: 0, refused: 0, unknown: 0 };
  /** Answers that are none of these. */
  readonly strange: string[] = [];
  /** By rule, the versions that the store may have by what its caller was answered. */
  readonly #possible = new Map<string, Set<number>>();
  readonly #clients: readonly EventBridgeClient[];
  readonly #done: Promise<unknown>;
  #stopped = false;

  /** Starts one caller for each router. */
  constructor(routers: readonly Router[]) {
    this.#clients = routers.map(({ publicUrl }) => eventsClient(publicUrl));
    this.#done = Promise.all(this.#clients.map((client, index) => this.#change(client, `changed-${index}`)));
  }

  /** Resolves when so many more changes had that answer. */
  async answered(answer: keyof ChangeCounts, count = 1): Promise<void> {
    const before = this.counts[answer];
    const holds = (): boolean => this.counts[answer] >= before + count;
    await eventually(`${count} changes are ${answer}`, holds, SEEN_MS_MAX);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
    for (const client of this.#clients) client.destroy();
  }

  /** What the store has and its callers were not answered, or has by halves; none when all is in order. */
  async differences(store: Pick<Store, "get">): Promise<readonly string[]> {
    const found: string[] = [];
    for (const [name, possible] of this.#possible) {
      const entity = await store.get(RULE_KIND, `default/${name}`);
      const rule = entity && (JSON.parse(entity.value) as MadeRule);
      const version = Number(rule?.description ?? 0);
      if (!possible.has(version)) found.push(`${name} is ${version} in the store, not ${[...possible].join(" or ")}`);
      if (rule !== undefined && rule.eventPattern !== patternOf(version)) found.push(`${name} is changed by halves`);
    }
    return found;
  }

  async #change(client: EventBridgeClient, name: string): Promise<void> {
    this.#possible.set(name, new Set([0]));
    for (let version = 1; !this.#stopped; version++) {
      const put = new PutRuleCommand({
        Name: name,
        Description: String(version),
        EventPattern: patternOf(version),
      });
      const problem = await client.send(put).then(
        () => undefined,
        (error: unknown) => error as Error,
      );
      this.#keep(name, version, problem);
      await sleep(PAUSE_MS);
    }
  }

  #keep(name: string, version: number, problem: Error | undefined): void {
    if (problem === undefined || problem.message.startsWith("The change was stored")) {
      this.counts.done += 1;
      this.#possible.set(name, new Set([version]));
    } else if (problem.message.includes("nothing was changed")) {
      this.counts.refused += 1;
    } else {
      // Also of an answer that should not be: it has promised nothing.
      this.#possible.get(name)?.add(version);
      if (problem.message.includes("it is not known whether the change was made")) this.counts.unknown += 1;
      else this.strange.push(`${problem.name}: ${problem.message}`);
    }
  }
}

/** A pattern that no event of the load fits. */
function patternOf(version: number): string {
  return JSON.stringify({ source: ["changed"], detail: { version: [version] } });
}
