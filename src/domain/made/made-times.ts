/** When something was made over the API and last changed, by the store's clock, in epoch milliseconds. */
export interface MadeTimes {
  readonly createdAtMs: number;
  readonly changedAtMs: number;
}
