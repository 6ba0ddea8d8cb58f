import { AwsError, commonError } from "../errors.ts";

/** What is wrong with a member of an input. */
export interface InputProblem {
  /** The way to the member, the innermost step first: members by name, items by place from 0. */
  readonly path: (string | number)[];
  readonly kind: "wrong type" | "constraint";
  /** The type that was expected, as in `a string`; or the constraint, in AWS's words. */
  readonly expected: string;
  /** The value as the error repeats it, made when it is printed; undefined for one that is absent. */
  readonly shown: (() => string) | undefined;
}

/** Violations are listed in an error until so many characters are full. */
const MESSAGE_CHARACTERS_MAX = 32_768;

const CONSTRAINT_STATUS = 400;

/** The error of violated constraints: CloudWatch Logs has one of its own. */
export type ConstraintError = "ValidationException" | "InvalidParameterException";

/** A member that has another JSON type than its shape. */
export function wrongType(expected: string): InputProblem {
  return { path: [], kind: "wrong type", expected, shown: undefined };
}

/** A member that violates a constraint of its shape. */
export function violation(constraint: string, shown: InputProblem["shown"]): InputProblem {
  return { path: [], kind: "constraint", expected: constraint, shown };
}

/**
 * The error of an input with problems. Without the right types AWS cannot read an input: then the first of them is the
 * error. Violated constraints are listed together, in the order of the model.
 */
export function inputError(problems: readonly InputProblem[], constraintError: ConstraintError): AwsError {
  const unreadable = problems.find(({ kind }) => kind === "wrong type");
  if (unreadable !== undefined) {
    return commonError("SerializationException", `${placeInRequest(unreadable)} must be ${unreadable.expected}.`);
  }
  const count = problems.length === 1 ? "1 validation error" : `${problems.length} validation errors`;
  return new AwsError(constraintError, CONSTRAINT_STATUS, `${count} detected: ${listed(problems)}`);
}

function listed(problems: readonly InputProblem[]): string {
  const texts: string[] = [];
  let characters = 0;
  for (const problem of problems) {
    if (characters > MESSAGE_CHARACTERS_MAX) {
      texts.push("…");
      break;
    }
    const value = problem.shown === undefined ? "null" : `'${problem.shown()}'`;
    const text = `Value ${value} at '${placeInModel(problem)}' failed to satisfy constraint: ${problem.expected}`;
    characters += text.length;
    texts.push(text);
  }
  return texts.join("; ");
}

/** The member as the caller wrote it: `Entries[1].Source`. */
function placeInRequest({ path }: InputProblem): string {
  const steps = path.toReversed().map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`));
  return steps.join("").slice(1);
}

/** The member as AWS's constraint errors have it, with places from 1: `entries.2.member.source`. */
function placeInModel({ path }: InputProblem): string {
  const steps = path.toReversed().map((step) => (typeof step === "number" ? `${step + 1}.member` : camelCase(step)));
  return steps.join(".");
}

/** A member's name as AWS's errors have it: `EventBusName` is `eventBusName`. */
export function camelCase(member: string): string {
  return member.charAt(0).toLowerCase() + member.slice(1);
}
