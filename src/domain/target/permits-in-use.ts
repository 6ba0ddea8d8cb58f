/** What one function with reserved concurrency has in use at this router. */
export interface PermitsInUse {
  readonly functionName: string;
  readonly limit: number;
  /** Permits that this router may use now. */
  readonly lent: number;
  readonly used: number;
}
