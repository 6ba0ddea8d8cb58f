import type { Broadcast } from "../../../src/ports/broker/broadcast.ts";
import type { ControlLog } from "../../../src/ports/broker/log.ts";

/** What a broker stores for a record besides its body, at most. */
const RECORD_EXTRA_BYTES = 256;

type Listener = (body: Buffer) => void;

interface Member {
  isCut: boolean;
  readonly logListeners: Listener[];
  readonly broadcastListeners: Listener[];
  /** How many records it has been handed. */
  read: number;
  /** When its last broadcast went out, on the clock of `performance.now()`. */
  saidAtMs: number;
}

/** The control log and the broadcast of several routers, in memory. Any of them can be cut off. */
export class MemoryCluster {
  #records: Buffer[] = [];
  #members = new Map<string, Member>();
  #held: (() => void)[] | undefined;
  bytes = 0;
  muteBroadcasts = false;

  get texts(): readonly string[] {
    return this.#records.map(String);
  }

  reset(): void {
    this.#records = [];
    this.#members.clear();
    this.bytes = 0;
  }

  connect(name: string): { readonly log: ControlLog; readonly broadcast: Broadcast } {
    const member: Member = { isCut: false, logListeners: [], broadcastListeners: [], read: 0, saidAtMs: -Infinity };
    this.#members.set(name, member);
    const send = (body: Buffer): void => {
      if (member.isCut || this.muteBroadcasts) return;
      member.saidAtMs = performance.now();
      for (const other of this.#members.values()) {
        if (!other.isCut) for (const listener of other.broadcastListeners) listener(body);
      }
    };
    return {
      log: {
        append: (record) => this.#append(member, record),
        follow: (listener) => {
          member.logListeners.push(listener);
          this.#handOn(member);
          return Promise.resolve();
        },
      },
      broadcast: {
        address: name,
        broadcast: (body) => Promise.resolve(send(body)),
        onBroadcast: (listener) => void member.broadcastListeners.push(listener),
        send: () => Promise.reject(new Error("nobody sends to one")),
      },
    };
  }

  /** Holds all appends back until each of the calls has made its own. */
  async atOnce<Result>(calls: () => readonly Promise<Result>[]): Promise<readonly Result[]> {
    this.#held = [];
    const results = calls();
    const held = this.#held;
    this.#held = undefined;
    for (const release of held) release();
    return Promise.all(results);
  }

  /** It neither hears nor is heard any more, and its appends wait. */
  cut(name: string): void {
    this.#member(name).isCut = true;
  }

  mend(name: string): void {
    const member = this.#member(name);
    member.isCut = false;
    this.#handOn(member);
  }

  /** When the others last heard of it by a broadcast, on the clock of `performance.now()`. */
  saidAtMs(name: string): number {
    return this.#member(name).saidAtMs;
  }

  /** As a full log does. */
  discardHalf(): void {
    this.#records.splice(0, this.#records.length / 2);
  }

  #member(name: string): Member {
    const member = this.#members.get(name);
    if (member === undefined) throw new Error(`there is no ${name}`);
    return member;
  }

  #append(member: Member, record: Buffer): Promise<void> {
    if (member.isCut) return Promise.reject(new Error("cut off"));
    const held = this.#held;
    const store = (): void => {
      this.#records.push(record);
      this.bytes += record.length + RECORD_EXTRA_BYTES;
      for (const each of this.#members.values()) this.#handOn(each);
    };
    if (held === undefined) {
      store();
      return Promise.resolve();
    }
    return new Promise((resolve) =>
      held.push(() => {
        store();
        resolve();
      }),
    );
  }

  #handOn(member: Member): void {
    if (member.isCut || member.logListeners.length === 0) return;
    while (member.read < this.#records.length) {
      const record = this.#records[member.read++];
      if (record !== undefined) for (const listener of member.logListeners) listener(record);
    }
  }
}
