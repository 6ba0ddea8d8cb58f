import type { z } from "zod";
import type { Context } from "./context.ts";

/** What a name must look like, for the check and for the JSON Schema. */
export interface NameRule {
  readonly pattern: RegExp;
  readonly message: string;
}

/** EventBridge's and Lambda's names. */
export const NAME: NameRule = {
  pattern: /^[A-Za-z0-9._-]{1,64}$/,
  message: "its name must be 1 to 64 letters, digits, dots, dashes and underscores",
};

/** One section of the configuration files: what its entries are called, how they are checked, and what they become. */
export interface Kind<Shape = unknown, Made = unknown> {
  /** One entry, in messages: `API destination`. */
  readonly noun: string;
  /** The section is one thing, and not a mapping of named ones. Its only entry is called as the section. */
  readonly isOne?: true;
  /** The section, in the JSON Schema. */
  readonly about: string;
  readonly names: NameRule;
  /** What else is wrong with an entry's name; undefined when nothing is. */
  readonly nameProblem?: (name: string, raw: unknown, context: Context) => string | undefined;
  readonly schema: (context: Context) => z.ZodType<Shape>;
  readonly make: (name: string, shape: Shape) => Made;
  /** The properties that may refer to secrets, behind an entry's name; `*` is any name or any item. */
  readonly secrets: readonly string[];
}

/** Keeps the types of a kind's shape and of what it makes together. */
export function defineKind<Shape, Made>(kind: Kind<Shape, Made>): Kind<Shape, Made> {
  return kind;
}
