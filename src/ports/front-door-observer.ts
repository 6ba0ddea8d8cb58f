/** A request that came in by an HTTP route or a function's URL, and was answered. */
export interface DoorFact {
  /** A route's name, or `url/FUNCTION`; undefined where no route fits. */
  readonly door: string | undefined;
  readonly functionName: string | undefined;
  readonly requestId: string;
  readonly method: string;
  /** Without the query, which may hold secrets. */
  readonly path: string;
  /** Of the answer; undefined where its caller was gone before. */
  readonly status: number | undefined;
  readonly from: string;
  /** Epoch milliseconds. */
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

/** Hears of requests that call functions over HTTP. */
export interface FrontDoorObserver {
  doorAnswered(fact: DoorFact): void;
}
