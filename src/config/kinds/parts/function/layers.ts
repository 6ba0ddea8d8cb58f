import { z } from "zod";
import { LAYERS_MAX, type Layer } from "../../../../domain/target/layer.ts";
import { addIssue, boundedText, checkExactlyOneOf, oneOf } from "../fields.ts";

const SOURCES = ["folder", "archive"] as const;

const layer = z
  .strictObject({
    folder: boundedText("A folder, from the router's working directory.").min(1).exactOptional(),
    archive: boundedText("A .zip, .tar, .tar.gz or .tgz file, from the router's working directory.")
      .regex(/\.(zip|tar|tar\.gz|tgz)$/, { error: "must end in .zip, .tar, .tar.gz or .tgz" })
      .exactOptional(),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, { error: "must be 64 hexadecimal digits, as sha256sum prints them" })
      .exactOptional()
      .describe("The archive's checksum: it is used only if it has this one."),
  })
  .superRefine((value, issues) => {
    checkExactlyOneOf(SOURCES, value, issues);
    if (value.archive !== undefined && value.sha256 === undefined) {
      addIssue(issues, "needs the archive's sha256, as sha256sum prints it");
    }
    if (value.folder !== undefined && value.sha256 !== undefined) {
      addIssue(issues, "belongs to an archive: a folder has none", { path: ["sha256"] });
    }
  })
  .meta(oneOf(SOURCES));

/** `process.layers` */
export const layersSchema = z
  .array(layer)
  .min(1)
  .max(LAYERS_MAX)
  .describe("Where the process finds libraries, tools and extensions, as in Lambda's /opt. Later ones come first.");

export function toLayer({ folder, archive, sha256 }: z.output<typeof layer>): Layer {
  if (archive !== undefined && sha256 !== undefined) return { kind: "archive", path: archive, sha256 };
  return { kind: "folder", path: folder ?? "" };
}
