/** A client's TLS files, in PEM: authorities in place of the system's, and its own certificate and key. */
export interface TlsTexts {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}
