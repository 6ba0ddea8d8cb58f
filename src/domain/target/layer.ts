/** Lambda's limits of a function's layers (AWS Lambda developer guide, "Lambda quotas"). */
export const LAYERS_MAX = 5;
export const UNPACKED_BYTES_MAX = 262_144_000;

/** A folder in which a local process finds libraries, tools and extensions: what stands in `/opt` on Lambda. */
export type Layer =
  | { readonly kind: "folder"; readonly path: string }
  /** A .zip, .tar or .tar.gz file. It is used only if its bytes have this checksum, of 64 hexadecimal digits. */
  | { readonly kind: "archive"; readonly path: string; readonly sha256: string };
