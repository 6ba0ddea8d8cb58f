import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Me } from "../../../src/admin-api/me.ts";

export const MeContext = createContext<Me | undefined>(undefined);

export function useMe(): Me | undefined {
  return useContext(MeContext);
}
