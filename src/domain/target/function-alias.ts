/** The version that a function itself is. */
export const LATEST = "$LATEST";

/** A function has so many versions at most beside `$LATEST`, and so many aliases: each is a label of metrics. */
export const FUNCTION_VERSIONS_MAX = 20;
export const FUNCTION_ALIASES_MAX = 20;

/** A version's number, as Lambda writes it. */
export const VERSION_DIGITS_MAX = 19;
export const VERSION_NUMBER = /^[1-9][0-9]{0,18}$/;

/** An alias's name, as Lambda's model has it: a word that is no number, of 128 characters at most. */
export const ALIAS_NAME_PATTERN = "(?!^[0-9]+$)([a-zA-Z0-9-_]+)";
export const ALIAS_NAME = /^(?![0-9]+$)[a-zA-Z0-9_-]{1,128}$/;

/** A share of an alias's calls that goes to a second version. */
export interface AdditionalVersion {
  readonly version: string;
  /** From 0 to 1. */
  readonly weight: number;
}

/** Which versions an alias calls. */
export interface AliasTraffic {
  /** A version's number, or `$LATEST`. */
  readonly version: string;
  /** Left out, all calls go to `version`. */
  readonly additional?: AdditionalVersion;
}

/** A name for a version of a function, or for two that share its calls. */
export interface FunctionAlias extends AliasTraffic {
  readonly name: string;
  readonly description?: string;
}
