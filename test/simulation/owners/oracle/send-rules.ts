import type { Story } from "./story.ts";

const WINDOW_MS = 300_000;

export interface SendRulesOptions {
  readonly nowMs: () => number;
  readonly violate: (what: string) => void;
  /** How far clocks of routers are apart at most. */
  readonly skewMs: number;
}

export interface SentMessage {
  readonly id: string;
  readonly group: string;
  readonly key: string;
  readonly delayMs: number;
}

/** What a queue takes: what is answered as stored is, and of one key in five minutes only the first counts. */
export class SendRules {
  readonly stories = new Map<string, Story>();
  /** In the queue's order. */
  readonly #byKey = new Map<string, Story[]>();
  readonly #options: SendRulesOptions;
  #places = 0;

  constructor(options: SendRulesOptions) {
    this.#options = options;
  }

  begins({ id, group, key, delayMs }: SentMessage): Story {
    const story: Story = {
      id,
      group,
      key,
      delayMs,
      beganAtMs: this.#options.nowMs(),
      isAccepted: false,
      place: undefined,
      storedAtMs: Infinity,
      role: "unknown",
      receives: 0,
      lease: undefined,
      wasExcused: false,
      counts: [],
      deletedAtMs: undefined,
      changes: [],
    };
    this.stories.set(id, story);
    return story;
  }

  /** The broker has it. */
  stored(id: string): void {
    const story = this.stories.get(id);
    if (story === undefined) return this.#options.violate(`${id} was stored, and nobody sent it`);
    if (story.place !== undefined) return this.#options.violate(`${id} was stored twice`);
    story.place = this.#places += 1;
    story.storedAtMs = this.#options.nowMs();
    const before = this.#byKey.get(story.key) ?? [];
    story.role = this.#roleOf(story, before);
    this.#byKey.set(story.key, [...before, story]);
  }

  /** @param acceptedAs the id that it was answered with */
  answered(story: Story, acceptedAs: string): void {
    const { violate, skewMs } = this.#options;
    if (acceptedAs === story.id) {
      story.isAccepted = true;
      if (story.place === undefined) violate(`${story.id} was answered as stored, and is not`);
      return;
    }
    const original = this.stories.get(acceptedAs);
    if (original?.place === undefined || original.key !== story.key)
      return violate(`${story.id} was answered as a duplicate of ${acceptedAs}, which it is not`);
    const apartMs = story.beganAtMs - original.storedAtMs;
    if (apartMs - skewMs >= WINDOW_MS)
      violate(`${story.id} was answered as a duplicate of ${acceptedAs}, which was sent ${apartMs} ms before`);
  }

  #roleOf(story: Story, before: readonly Story[]): Story["role"] {
    const { skewMs } = this.#options;
    let role: Story["role"] = "original";
    for (const other of before) {
      const mostMs = story.storedAtMs - other.beganAtMs;
      const leastMs = story.beganAtMs - other.storedAtMs;
      if (other.role === "duplicate" || leastMs - skewMs >= WINDOW_MS) continue;
      if (other.role === "original" && mostMs + skewMs < WINDOW_MS) return "duplicate";
      role = "unknown";
    }
    return role;
  }
}
