import type { Outcome } from "../../../src/domain/failure/outcome.ts";
import type { AnswerVerdict } from "../../../src/flow/hold/in-hand.ts";
import { InHand } from "../../../src/flow/hold/in-hand.ts";
import { AnswerRelay } from "../../../src/flow/hold/relay.ts";
import type { Broadcast } from "../../../src/ports/broker/broadcast.ts";
import type { Life } from "../life.ts";

/** The longest time-out of a function. */
const HELD_MS_MAX = 900_000;

/** Answers on their way between routers: what stands for the bytes of their messages. */
export class AnswersUnderWay {
  readonly #outcomes: Outcome[] = [];

  encode(outcome: Outcome): { readonly fields: { readonly answer: number }; readonly body: Buffer } {
    return { fields: { answer: this.#outcomes.push(outcome) - 1 }, body: Buffer.alloc(0) };
  }

  decode(fields: Readonly<Record<string, unknown>>): Outcome | undefined {
    return this.#outcomes[Number(fields["answer"])];
  }
}

/** What environments have in hand of one router, as `edge/runtime-api` keeps it, without HTTP. */
export class Holding {
  readonly #inHand: InHand<Outcome>;
  readonly #life: Life;
  #relay: AnswerRelay<Outcome> | undefined;

  constructor(life: Life) {
    this.#life = life;
    this.#inHand = new InHand(() => life.nowMs);
  }

  start(broker: Broadcast, newId: () => string, underWay: AnswersUnderWay): void {
    this.#relay = new AnswerRelay<Outcome>({
      kind: "runtime-api",
      broker,
      find: (scope, id) => this.#inHand.find(scope, id),
      encode: (outcome) => underWay.encode(outcome),
      decode: ({ fields }) => underWay.decode(fields),
      heldMsMax: HELD_MS_MAX,
      newId,
      onError: () => undefined,
    });
  }

  /** Resolves with the answer, or undefined at the deadline. */
  wait(scope: string, id: string, timeoutMs: number, signal: AbortSignal): Promise<Outcome | undefined> {
    return this.#inHand.hold(scope, id, timeoutMs).answer(signal, () => undefined);
  }

  /** An environment answers here. */
  answer(scope: string, id: string, outcome: Outcome): Promise<AnswerVerdict> {
    return this.#life.run(async () => {
      const awaited = this.#inHand.find(scope, id);
      if (typeof awaited !== "string") return awaited.settle(outcome);
      const remote = await this.#relay?.find(scope, id);
      return remote === undefined || remote === "busy" ? awaited : remote.settle(outcome);
    });
  }
}
