import type { Json, JsonObject } from "../../json/json.ts";
import { parsePath, selectPath } from "../../json/json-path.ts";

/** Texts by name, such as headers. */
export type NamedTexts = Readonly<Record<string, string>>;

/**
 * What a target adds to the call of an API destination, with EventBridge's meaning: `path` fills the `*`s of the URL's path in
 * order. A value that is a JSON path (`$.detail.id`) stands for what it finds in the event.
 */
export interface HttpParameters {
  readonly path: readonly string[];
  readonly headers: NamedTexts;
  readonly query: NamedTexts;
}

/** What a connection adds to each call. On the same name it comes before the target's. */
export interface ConnectionParameters {
  readonly headers: NamedTexts;
  readonly query: NamedTexts;
  /** Members of the body, where that is a JSON object. */
  readonly body: NamedTexts;
}

export type RenderedParameters =
  { readonly ok: true; readonly parameters: HttpParameters } | { readonly ok: false; readonly message: string };

/**
 * Fills in what is taken from the event.
 *
 * @param event reads the event; called only where a value is a JSON path. Undefined when nobody knows it.
 */
export function renderHttpParameters(
  { path, headers, query }: HttpParameters,
  event: () => JsonObject | undefined,
): RenderedParameters {
  const missing: string[] = [];
  let source: JsonObject | undefined;
  const rendered = (value: string): string => {
    const parsed = value.startsWith("$") ? parsePath(value) : undefined;
    if (parsed?.ok !== true) return value;
    source ??= event();
    const found = source === undefined ? undefined : selectPath(parsed.path, source);
    if (found === undefined) missing.push(value);
    return found === undefined ? "" : textOf(found);
  };
  const all = (named: NamedTexts): NamedTexts =>
    Object.fromEntries(Object.entries(named).map(([name, value]) => [name, rendered(value)]));
  const parameters = { path: path.map(rendered), headers: all(headers), query: all(query) };
  if (missing.length > 0) return failed(`${missing.join(", ")} of httpParameters finds nothing in the event`);
  // A server, or a proxy before it, would take them as steps to another place.
  if (parameters.path.some((value) => value === "." || value === ".."))
    return failed("a path parameter is . or .., which would lead to another path");
  return { ok: true, parameters };
}

function failed(message: string): RenderedParameters {
  return { ok: false, message };
}

function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
