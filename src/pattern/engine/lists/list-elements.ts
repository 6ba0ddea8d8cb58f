import { IntList } from "../ints/int-list.ts";

/** Outside of every list. */
export const NO_ELEMENT = -1;

/** Past so many, the room that an unusual event took is given back. */
const KEPT_MAX = 65_536;

/**
 * The elements of an event's lists in which fields may have to hold together, as far as they are lists or objects: a
 * plain value is an element of its own account. An element has a greater number than those around it.
 */
export class ListElements {
  /** The innermost element that is open. */
  element = NO_ELEMENT;
  /** The fewest steps of a path that lead to a list with an element; Infinity without one. */
  stepsMin = Infinity;
  /** By node of the trie of fields: the last event that had a list there. */
  readonly nodeEvents: Int32Array;
  #event = 0;
  /** By element: the one around it, its list, and where it begins and ends. */
  outer = new IntList();
  lists = new IntList();
  starts = new IntList();
  ends = new IntList();
  /** By list: the innermost element around it to whose list fewer steps lead; many lists in lists may lie between. */
  listShorter = new IntList();
  /** By list: the steps that lead to it, and where it begins and ends. */
  listSteps = new IntList();
  listStarts = new IntList();
  listEnds = new IntList();

  constructor(nodeCount: number) {
    this.nodeEvents = new Int32Array(nodeCount);
  }

  begin(event: number): void {
    this.#event = event;
    this.element = NO_ELEMENT;
    this.stepsMin = Infinity;
    if (this.listSteps.length === 0) return;
    const isUnusual = this.outer.length > KEPT_MAX || this.listSteps.length > KEPT_MAX;
    this.outer = isUnusual ? new IntList() : emptied(this.outer);
    this.listShorter = isUnusual ? new IntList() : emptied(this.listShorter);
    this.lists = isUnusual ? new IntList() : emptied(this.lists);
    this.starts = isUnusual ? new IntList() : emptied(this.starts);
    this.ends = isUnusual ? new IntList() : emptied(this.ends);
    this.listSteps = isUnusual ? new IntList() : emptied(this.listSteps);
    this.listStarts = isUnusual ? new IntList() : emptied(this.listStarts);
    this.listEnds = isUnusual ? new IntList() : emptied(this.listEnds);
  }

  openList(node: number, steps: number, position: number): number {
    this.nodeEvents[node] = this.#event;
    const { element } = this;
    const around = element === NO_ELEMENT ? -1 : this.lists.at(element);
    const isInSame = around >= 0 && this.listSteps.at(around) === steps;
    this.listShorter.push(isInSame ? this.listShorter.at(around) : element);
    this.listStarts.push(position);
    this.listEnds.push(position);
    return this.listSteps.push(steps);
  }

  closeList(list: number, position: number): void {
    this.listEnds.items[list] = position;
  }

  open(list: number, position: number): void {
    this.outer.push(this.element);
    this.lists.push(list);
    this.ends.push(position);
    this.element = this.starts.push(position);
    this.stepsMin = Math.min(this.stepsMin, this.listSteps.at(list));
  }

  /** Closes the innermost element that is open. */
  close(position: number): void {
    this.ends.items[this.element] = position;
    this.element = this.outer.at(this.element);
  }
}

function emptied(list: IntList): IntList {
  list.length = 0;
  return list;
}
