import { parsePath } from "../../json/json-path.ts";
import { parseTemplate } from "../rule/template.ts";
import type { TargetInput } from "./target.ts";

/** What makes a target's payload of an event, as EventBridge names it. At most one of them. */
export interface GivenInput {
  readonly inputPath?: string;
  readonly inputTransformer?: {
    readonly inputPathsMap?: Readonly<Record<string, string>>;
    readonly inputTemplate: string;
  };
}

export type InputRead =
  { readonly ok: true; readonly input: TargetInput | undefined } | { readonly ok: false; readonly reason: string };

/** Reads an input, or says what is wrong with it: `inputTransformer.inputTemplate …`. Undefined where none is given. */
export function readGivenInput({ inputPath, inputTransformer }: GivenInput): InputRead {
  if (inputPath !== undefined && inputTransformer !== undefined) {
    return wrong("inputPath and inputTransformer exclude each other");
  }
  if (inputPath !== undefined) {
    const parsed = parsePath(inputPath);
    return parsed.ok ? found({ kind: "path", path: inputPath }) : wrong(`inputPath ${parsed.reason}`);
  }
  if (inputTransformer === undefined) return { ok: true, input: undefined };
  const { inputPathsMap = {}, inputTemplate } = inputTransformer;
  for (const [name, path] of Object.entries(inputPathsMap)) {
    const parsed = parsePath(path);
    if (!parsed.ok) return wrong(`inputTransformer.inputPathsMap.${name} ${parsed.reason}`);
  }
  const parsed = parseTemplate(inputPathsMap, inputTemplate);
  if (!parsed.ok) return wrong(`inputTransformer.inputTemplate ${parsed.reason}`);
  return found({ kind: "template", template: parsed.template });
}

function found(input: TargetInput): InputRead {
  return { ok: true, input };
}

function wrong(reason: string): InputRead {
  return { ok: false, reason };
}
