import type { ChangeRefusal } from "../../ports/made.ts";
import type { Change, EntityKey } from "../../ports/store/entities.ts";
import { COMMIT_BYTES_MAX, COMMIT_CHANGES_MAX } from "../../ports/store/entities.ts";

/** The revision is undefined when nothing was changed. */
export type DecidedCommit =
  { readonly ok: true; readonly revision: number | undefined } | ({ readonly ok: false } & ChangeRefusal);

interface Part<Caller> {
  readonly caller: Caller;
  readonly changes: readonly Change[];
}

/**
 * The changes of several callers in one commit: it does what theirs would do one after the other. So none of them may have been
 * decided from what one before changes, and none may change or require what another does. What several require in the same way stands
 * in it once.
 */
export class JointCommit<Caller> {
  #parts: Part<Caller>[] = [];
  /** By what is changed or required. */
  readonly #changes = new Map<string, Change>();
  #bytes = 0;

  get callers(): readonly Caller[] {
    return this.#parts.map(({ caller }) => caller);
  }

  get changes(): readonly Change[] {
    return [...this.#changes.values()];
  }

  /** Whether it changes one of these: who decides from them has to wait for the commit that follows. */
  changesAny(keys: readonly EntityKey[]): boolean {
    return keys.some((key) => changesEntity(this.#changes.get(entityOf(key))));
  }

  /**
   * Takes in what a caller changes, unless that has to wait for the commit that follows. The first one is always taken.
   *
   * @returns whether it was taken in.
   */
  add(caller: Caller, changes: readonly Change[]): boolean {
    const others = changes.filter((change) => this.#changes.get(subjectOf(change)) === undefined);
    const bytes = this.#bytes + others.reduce((sum, change) => sum + bytesOf(change), 0);
    const isFull = this.#changes.size + others.length > COMMIT_CHANGES_MAX || bytes > COMMIT_BYTES_MAX;
    const isMet = changes.some((change) => !isAlike(change, this.#changes.get(subjectOf(change)) ?? change));
    if (this.#parts.length > 0 && (isFull || isMet)) return false;
    this.#parts.push({ caller, changes });
    this.#bytes = bytes;
    for (const change of others) this.#changes.set(subjectOf(change), change);
    return true;
  }

  /** Whose changes are at these places; all of them for no place. */
  callersOf(indexes: readonly number[]): readonly Caller[] {
    if (indexes.length === 0) return this.callers;
    const subjects = [...this.#changes.keys()];
    const met = new Set(indexes.map((index) => subjects[index]));
    return this.#parts.filter(({ changes }) => changes.some((change) => met.has(subjectOf(change)))).map(callerOf);
  }

  without(callers: readonly Caller[]): JointCommit<Caller> {
    return this.#of(this.#parts.filter(({ caller }) => !callers.includes(caller)));
  }

  only(caller: Caller): JointCommit<Caller> {
    return this.#of(this.#parts.filter((part) => part.caller === caller));
  }

  #of(parts: readonly Part<Caller>[]): JointCommit<Caller> {
    const joint = new JointCommit<Caller>();
    for (const { caller, changes } of parts) joint.add(caller, changes);
    return joint;
  }
}

function callerOf<Caller>({ caller }: Part<Caller>): Caller {
  return caller;
}

/** An entity and due work may have one name. */
function subjectOf(change: Change): string {
  const isOfEntity = change.change === "put" || change.change === "delete" || change.change === "require";
  return isOfEntity ? entityOf(change) : `due ${entityOf(change)}`;
}

function entityOf({ kind, name }: EntityKey): string {
  return `${kind}\0${name}`;
}

function changesEntity(change: Change | undefined): boolean {
  return change?.change === "put" || change?.change === "delete";
}

/** Whether two changes of one thing come to the same as one of them: both require the same, or both put the same, whatever is there. */
function isAlike(one: Change, other: Change): boolean {
  if (one === other) return true;
  if (one.change === "require") return other.change === "require" && one.expect === other.expect;
  const isPut = one.change === "put" && other.change === "put" && one.value === other.value;
  return isPut && one.expect === undefined && other.expect === undefined;
}

function bytesOf(change: Change): number {
  if ("value" in change) return Buffer.byteLength(change.value);
  return change.change === "settle" ? Buffer.byteLength(change.next?.value ?? "") : 0;
}
