import { amqpMessage } from "./amqp-message.ts";
import { credentials } from "./credentials.ts";
import { httpSubjects } from "./http.ts";
import { jsonPath, pattern, small, template } from "./languages.ts";
import { lists } from "./lists.ts";
import { runtimeApi } from "./runtime-api.ts";
import { logLine } from "./log-line.ts";
import { routerMessage } from "./router-message.ts";
import type { Subject } from "./subject.ts";
import { accessFile, configuration } from "./yaml.ts";

/** Everything that reads what comes from outside. */
export function createSubjects(): readonly Subject[] {
  return [
    ...httpSubjects(),
    credentials,
    runtimeApi,
    configuration,
    accessFile,
    amqpMessage,
    routerMessage,
    template,
    jsonPath,
    pattern,
    lists,
    small,
    logLine,
  ];
}
