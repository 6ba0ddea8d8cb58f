import type { MappingStatuses } from "../../src/ports/admin/mappings.ts";

/** Event source mappings of which none is read. */
export const NO_MAPPINGS: MappingStatuses = { mappingStatus: () => ({ state: "waiting", callsInFlight: 0 }) };
