import { dueWorkContract } from "./due-work-contract.ts";
import { entitiesContract } from "./entities-contract.ts";
import { leasesContract } from "./leases-contract.ts";
import type { OpenStore } from "./store-case.ts";

/** What every store keeps. */
export function storeContract(name: string, open: OpenStore): void {
  entitiesContract(name, open);
  leasesContract(name, open);
  dueWorkContract(name, open);
}
