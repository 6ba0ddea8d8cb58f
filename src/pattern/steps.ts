/**
 * How many more steps some work may take. Whoever works counts `left` down by what it does, roughly ten nanoseconds a
 * step, and gives up once it is below zero; what was found by then is worth nothing.
 */
export class Steps {
  left: number;

  constructor(stepsMax: number) {
    this.left = stepsMax;
  }

  get areSpent(): boolean {
    return this.left < 0;
  }
}
