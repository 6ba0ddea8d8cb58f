import type { Json, JsonObject } from "../../../json/json.ts";
import { commonError } from "../errors.ts";

/** How parameters of the query protocol make a member of an input. */
export type FormMember =
  | { readonly kind: "text" }
  | { readonly kind: "integer" }
  /** `NAME.1`, `NAME.2` */
  | { readonly kind: "list"; readonly member: string; readonly item: FormMember }
  /** `NAME.1.KEY`, `NAME.1.VALUE` */
  | {
      readonly kind: "map";
      readonly member: string;
      readonly key: string;
      readonly value: string;
      readonly item: FormMember;
    }
  /** `NAME.MEMBER` */
  | { readonly kind: "structure"; readonly members: FormMembers };

/** By the first part of a parameter's name. Others are ignored. */
export type FormMembers = Readonly<Record<string, FormMember>>;

/** A request of ten messages with ten attributes each has 350. */
const PARAMETERS_MAX = 2_000;
const LEVELS_MAX = 8;

/** Parameters by the parts of their names. */
type Tree = Map<string, Tree | string>;

/** Reads an input from the parameters of a request. @throws AwsError `SerializationException` for too many of them */
export function readForm(parameters: URLSearchParams, members: FormMembers): JsonObject {
  if (parameters.size > PARAMETERS_MAX) {
    throw commonError("SerializationException", `The request has more than ${PARAMETERS_MAX} parameters.`);
  }
  return structureOf(treeOf(parameters), members);
}

function treeOf(parameters: URLSearchParams): Tree {
  const root: Tree = new Map();
  for (const [name, value] of parameters) {
    const steps = name.split(".", LEVELS_MAX);
    const last = steps.pop() ?? "";
    let tree: Tree | undefined = root;
    for (const step of steps) {
      const next: Tree | string = tree.get(step) ?? new Map<string, Tree | string>();
      tree.set(step, next);
      if (typeof next === "string") {
        tree = undefined;
        break;
      }
      tree = next;
    }
    tree?.set(last, value);
  }
  return root;
}

function structureOf(tree: Tree, members: FormMembers): JsonObject {
  const entries = Object.entries(members).flatMap(([name, member]): [string, Json][] => {
    const given = tree.get(name);
    const value = given === undefined ? undefined : valueOf(given, member);
    return value === undefined ? [] : [["member" in member ? member.member : name, value]];
  });
  return Object.fromEntries(entries);
}

function valueOf(given: Tree | string, member: FormMember): Json | undefined {
  if (typeof given === "string") return scalarOf(given, member);
  switch (member.kind) {
    case "structure":
      return structureOf(given, member.members);
    case "list":
      return inOrder(given).flatMap((item) => valueOf(item, member.item) ?? []);
    case "map":
      return mapOf(given, member);
    default:
      return undefined;
  }
}

function scalarOf(text: string, { kind }: FormMember): Json | undefined {
  // What is no number is left a text, which the operation's shape refuses.
  if (kind === "integer") return /^-?\d{1,10}$/.test(text) ? Number(text) : text;
  return kind === "text" ? text : undefined;
}

function mapOf(given: Tree, { key, value, item }: Extract<FormMember, { kind: "map" }>): JsonObject {
  const entries = inOrder(given).flatMap((entry): [string, Json][] => {
    if (typeof entry === "string") return [];
    const [name, of] = [entry.get(key), entry.get(value)];
    const made = of === undefined ? undefined : valueOf(of, item);
    return typeof name === "string" && made !== undefined ? [[name, made]] : [];
  });
  return Object.fromEntries(entries);
}

function inOrder(tree: Tree): (Tree | string)[] {
  return [...tree].toSorted(([one], [other]) => Number(one) - Number(other)).map(([, value]) => value);
}
