/** What a client uses for TLS, in PEM: whom it trusts in place of the system's authorities, and its own certificate and key. */
export interface TlsTexts {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}
