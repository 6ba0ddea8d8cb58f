import type { IncomingMessage, ServerResponse } from "node:http";
import type { Limit } from "../../domain/limits.ts";
import type { Caller } from "./auth/caller.ts";
import type { Authentication } from "./auth/authenticator.ts";
import type { BodyRefusal, ByteBudget } from "./body.ts";
import { readBody } from "./body.ts";
import type { UnprovenRoom } from "./unproven-room.ts";

/** The memory that bodies are read into. */
export interface BodyRooms {
  /** The length of one body. */
  readonly limit: Limit;
  /** The budget of a share, for bodies of authenticated callers. */
  readonly of: (share: string) => ByteBudget;
  readonly unproven: UnprovenRoom;
  /** Whether bodies with a content coding are read as they are. */
  readonly takesEncoded?: boolean;
}

export type ProvenBody =
  | { readonly ok: true; readonly body: Buffer; readonly caller: Caller }
  | { readonly ok: false; readonly reason: BodyRefusal };

/**
 * Reads the body of a request into its caller's budget. Where only the body can prove who the caller is, it is read
 * into the room of unproven bodies first, and charged to the caller after that.
 *
 * @throws Refusal when the body is not the one that was signed; TooManyRequests
 */
export async function readProvenBody(
  request: IncomingMessage,
  response: ServerResponse,
  authentication: Authentication,
  rooms: BodyRooms,
): Promise<ProvenBody> {
  const { limit, takesEncoded } = rooms;
  if (authentication.caller !== undefined) {
    const budget = rooms.of(authentication.caller.share);
    const read = await readBody(request, response, { limit, budget, takesEncoded });
    return read.ok ? { ok: true, body: read.body, caller: await authentication.verify(read.body) } : read;
  }
  const { cutOff, end, ...budget } = rooms.unproven.enter(authentication.address);
  const room = new MovableRoom(budget);
  const read = await readBody(request, response, { limit, budget: room, cutOff, takesEncoded });
  end();
  if (!read.ok) return read;
  const caller = await authentication.verify(read.body);
  return room.moveTo(rooms.of(caller.share)) ? { ok: true, body: read.body, caller } : { ok: false, reason: "no-room" };
}

/**
 * Rooms for a body that is worked on for longer than its caller may wait: it stays charged to its caller until `end`, also
 * where the response has closed before. `end` may be called more than once.
 */
export function keptRooms(rooms: BodyRooms): { readonly rooms: BodyRooms; readonly end: () => void } {
  let isEnded = false;
  const owed: (() => void)[] = [];
  const of = (share: string): ByteBudget => {
    const budget = rooms.of(share);
    return {
      tryTake: (bytes) => budget.tryTake(bytes),
      release: (bytes) => {
        if (isEnded) budget.release(bytes);
        else owed.push(() => budget.release(bytes));
      },
    };
  };
  const end = (): void => {
    isEnded = true;
    for (const release of owed.splice(0)) release();
  };
  return { rooms: { ...rooms, of }, end };
}

/** The bytes of one body, which may be moved from one budget to another. */
class MovableRoom implements ByteBudget {
  #budget: ByteBudget;
  #bytes = 0;

  constructor(budget: ByteBudget) {
    this.#budget = budget;
  }

  tryTake(bytes: number): boolean {
    if (!this.#budget.tryTake(bytes)) return false;
    this.#bytes += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#bytes -= bytes;
    this.#budget.release(bytes);
  }

  moveTo(budget: ByteBudget): boolean {
    if (!budget.tryTake(this.#bytes)) return false;
    this.#budget.release(this.#bytes);
    this.#budget = budget;
    return true;
  }
}
