import type { AliasTraffic } from "../../domain/target/function-alias.ts";
import { LATEST } from "../../domain/target/function-alias.ts";

/** What each qualifier of a function stands for now; undefined for one that it has not. */
export type TrafficSource = (qualifier: string | undefined) => AliasTraffic | undefined;

/** Of a function without versions. */
export const onlyLatest: TrafficSource = (qualifier) =>
  (qualifier ?? LATEST) === LATEST ? { version: LATEST } : undefined;
