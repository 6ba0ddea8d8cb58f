import { z } from "zod";
import type { AdminOperation, PathNames } from "../operation.ts";
import type { OPERATIONS } from "../table.ts";

type PathName = PathNames<(typeof OPERATIONS)[keyof typeof OPERATIONS]["path"]>;

/** What stands in paths, percent-encoded. */
const PATH_PARAMETERS: Readonly<Record<PathName, string>> = {
  queue: "The name of a queue.",
  kind: "`function` or `api-destination`.",
  name: "The name of a destination.",
  id: "The id of an event or a delivery.",
  job: "The id of a job.",
  archive: "The name of an archive.",
  uuid: "The UUID of an event source mapping.",
  digest: "The digest of a configuration.",
};

/** The parameters of an operation's path and query, as OpenAPI has them. */
export function describedParameters({ path, query }: AdminOperation): readonly object[] {
  const inPath = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = ""]) => {
    const description = PATH_PARAMETERS[name as PathName];
    return { name, in: "path", required: true, description, schema: { type: "string" } };
  });
  if (query === undefined) return inPath;
  const { properties = {}, required = [] } = z.toJSONSchema(query, { io: "input" });
  const inQuery = Object.entries(properties).map(([name, schema]) => {
    const { description, ...rest } = schema as { readonly description?: string };
    return {
      name,
      in: "query",
      required: required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema: rest,
    };
  });
  return [...inPath, ...inQuery];
}
