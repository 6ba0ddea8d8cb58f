import type { OwnerPlaces } from "../owner/owner-places.ts";
import type { FifoAnswer, FifoRequest } from "./fifo-messages.ts";
import type { FifoSession } from "./fifo-session.ts";
import type { QueueOwners } from "./owners.ts";
import type { RouterNews } from "./router-news.ts";

/** How long a question waits for an owner: one that was lost is mostly followed within a second. */
const OWNER_WAIT_MS = 5_000;
/** How long to wait for an owner that has not said yet that it is. */
const WHO_WAIT_MS = 250;

export interface OwnerQuestionsOptions {
  readonly places: OwnerPlaces;
  readonly owners: QueueOwners;
  readonly session: FifoSession;
  readonly news: RouterNews;
  /** Called with an answer that nobody waits for any more. */
  readonly unheard: (request: FifoRequest, answer: FifoAnswer) => void;
}

/** Asks owners of FIFO queues, one of which may be this router. */
export class OwnerQuestions {
  readonly #options: OwnerQuestionsOptions;

  constructor(options: OwnerQuestionsOptions) {
    this.#options = options;
  }

  /** Undefined where the queue has no owner now, or that one cannot do it. */
  async ask(request: FifoRequest): Promise<FifoAnswer | undefined> {
    const { queue } = request;
    const untilMs = performance.now() + OWNER_WAIT_MS;
    for (;;) {
      const answer = await this.#askOwner(request);
      if (answer !== undefined) return answer.is === "failed" ? undefined : answer;
      if (performance.now() >= untilMs || (await this.#isIdle(queue))) return undefined;
      await this.ownerChange(queue, WHO_WAIT_MS);
    }
  }

  /** Resolves when the queue has another owner, something has come to this one, or after so long. */
  async ownerChange(queue: string, waitMs: number): Promise<void> {
    const { owners, places } = this.#options;
    await Promise.race([owners.change(queue, waitMs), places.come(queue).owned.change(waitMs)]);
  }

  /** Undefined where whom it has asked is no owner. */
  async #askOwner(request: FifoRequest): Promise<FifoAnswer | undefined> {
    const { owners, places, session, unheard } = this.#options;
    const { queue } = request;
    if (places.come(queue).owned.isOwner) return ownersAnswer(await places.serve(request));
    const owner = owners.of(queue);
    if (owner === undefined || session.id === undefined || owner === session.id) return undefined;
    let isHeard = true;
    const asking = session.ask(owner, request).then((answer) => {
      if (!isHeard && answer !== undefined) unheard(request, answer);
      return answer;
    });
    const answer = ownersAnswer(await owners.whileOwner(queue, owner, asking));
    isHeard = false;
    if (answer === undefined) owners.forget(queue, owner);
    return answer;
  }

  /** Whether nobody has a message of the queue: then it has no owner. */
  async #isIdle(queue: string): Promise<boolean> {
    const { owners, places, news } = this.#options;
    const { owned } = places.come(queue);
    if (owners.of(queue) !== undefined || owned.isComing || (await owned.ready()) !== 0) return false;
    await news.mention({ type: "who", queue });
    await this.ownerChange(queue, WHO_WAIT_MS);
    return owners.of(queue) === undefined && !owned.isComing;
  }
}

function ownersAnswer(answer: FifoAnswer | undefined): FifoAnswer | undefined {
  return answer?.is === "failed" && !answer.isOwner ? undefined : answer;
}
