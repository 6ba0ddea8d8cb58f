/** A lease that is held. */
export interface Lease {
  readonly name: string;
  readonly holder: string;
  /** Another one for each time that the lease is taken, and the same when it is extended. */
  readonly token: string;
}

export type LeaseAnswer =
  | { readonly held: true; readonly lease: Lease }
  /** Somebody else has it for so long at most, in milliseconds. */
  | { readonly held: false; readonly holder: string; readonly forMs: number };

/**
 * Sees to it that one router at a time does something. A lease ends by the store's clock, so a holder that stalls may
 * think that it still has it: what it then commits with the lease is refused.
 */
export interface Leases {
  /** Takes a lease that is free or has ended, or extends one's own: it ends `forMs` from now. */
  acquire(name: string, holder: string, forMs: number): Promise<LeaseAnswer>;
  /** Ends a lease that is held; one that is no longer held is left alone. */
  release(lease: Lease): Promise<void>;
}
