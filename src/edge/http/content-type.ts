/** What a Content-Type header says, as far as it matters here. */
export interface ContentType {
  /** In lower case, without parameters; empty when there is no such header. */
  readonly mediaType: string;
  /** False when a charset is named that is not UTF-8: nothing else is read here. */
  readonly utf8: boolean;
}

/** Reads a Content-Type header. */
export function parseContentType(header: string | undefined): ContentType {
  const [mediaType = "", ...parameters] = (header ?? "").toLowerCase().split(";");
  const charset = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith("charset="));
  return { mediaType: mediaType.trim(), utf8: charset === undefined || /^charset="?utf-?8"?$/.test(charset) };
}
