import type { Conditions } from "../../../domain/rule/rule.ts";
import type { Layer } from "../../../domain/target/layer.ts";
import type { TargetRef } from "../../../domain/target/target.ts";

export type CompiledConditions =
  | { readonly ok: true; readonly conditions: Conditions }
  | {
      readonly ok: false;
      /** Each with the path to the offending part inside the conditions. */
      readonly problems: readonly { readonly path: readonly (string | number)[]; readonly message: string }[];
    };

/**
 * What the configuration needs from the edge to check and compile a rule: given in, so that this folder knows no edge.
 */
export interface Compilers {
  compileConditions(json: unknown): CompiledConditions;
  /** What is wrong with a layer, as the end of a sentence; undefined when nothing is. Left out, layers are not looked at. */
  layerProblem?(layer: Layer): Promise<string | undefined>;
  /** Whether functions may be local commands here. Left out, they may. */
  readonly allowProcess?: boolean;
  /** The folders that `${file:…}` may lead into. Left out, those that secrets are commonly mounted in. */
  readonly secretFolders?: readonly string[];
}

/** What an entry's check must know of the rest of the configuration. */
export interface Context extends Compilers {
  /** The names that something may point at, by kind. */
  readonly names: Readonly<Record<TargetRef["kind"], ReadonlySet<string>>>;
  /** False when a file could not be read: a name that seems to be missing may stand there. */
  readonly allNamesKnown: boolean;
}
