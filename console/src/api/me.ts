import { createContext } from "preact";
import { useContext } from "preact/hooks";

/** Who is asking, and what the console may do. */
export interface Me {
  readonly principal?: string;
  readonly needsToken: boolean;
  readonly version: string;
  readonly readOnly: boolean;
}

export const MeContext = createContext<Me | undefined>(undefined);

export function useMe(): Me | undefined {
  return useContext(MeContext);
}
