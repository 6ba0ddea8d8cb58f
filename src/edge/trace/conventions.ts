/**
 * The names of OpenTelemetry's semantic conventions that spans use, in the version below. Those of HTTP, `error.type`
 * and `server.*` are stable. Those of messaging, FaaS, AWS and CloudEvents are still in development: they may change with the
 * version, and are promised to nobody.
 */
export const SCHEMA_URL = "https://opentelemetry.io/schemas/1.44.0";

export const STABLE = {
  errorType: "error.type",
  requestMethod: "http.request.method",
  resendCount: "http.request.resend_count",
  statusCode: "http.response.status_code",
  route: "http.route",
  serverAddress: "server.address",
  serverPort: "server.port",
  urlPath: "url.path",
  urlScheme: "url.scheme",
} as const;

export const IN_DEVELOPMENT = {
  batchCount: "messaging.batch.message_count",
  cloudEventId: "cloudevents.event_id",
  cloudEventSource: "cloudevents.event_source",
  cloudEventType: "cloudevents.event_type",
  destination: "messaging.destination.name",
  faasName: "faas.invoked_name",
  faasProvider: "faas.invoked_provider",
  faasRegion: "faas.invoked_region",
  invokedArn: "aws.lambda.invoked_arn",
  messageId: "messaging.message.id",
  operationName: "messaging.operation.name",
  operationType: "messaging.operation.type",
  system: "messaging.system",
} as const;

/** Busbar's own, for what the conventions have no name for. */
export const OWN = {
  attempt: "busbar.attempt",
  bus: "busbar.bus",
  deliveries: "busbar.deliveries",
  eventId: "busbar.event.id",
  operation: "busbar.operation",
  record: "busbar.record",
  redriven: "busbar.delivery.redriven",
  rule: "busbar.rule",
  rules: "busbar.rules",
  sampledBy: "busbar.sampled.by",
  target: "busbar.target",
  verdict: "busbar.verdict",
  waitSeconds: "busbar.wait_seconds",
} as const;

/** What tells spans of one messaging operation. */
export function messaging(system: string, operation: "create" | "send" | "process", destination: string | undefined) {
  return {
    [IN_DEVELOPMENT.system]: system,
    [IN_DEVELOPMENT.operationName]: operation,
    [IN_DEVELOPMENT.operationType]: operation,
    [IN_DEVELOPMENT.destination]: destination,
  };
}
