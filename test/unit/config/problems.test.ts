import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { problemsOf } from "../../support/config-folder.ts";

const TEN_MISTAKES = `functions:
  order-processor:
    runtimeApi: {}
    timeoutSecond: 30
  both: { http: { url: "http://stock:8080" }, container: { url: "http://stock:8080" } }
queues:
  busbar.mine: {}
  done: {}
apiDestinations:
  crm: { url: "http://crm/", connection: { bearer: { token: "\${env:CRM_TOKEN}" } } }
rules:
  shop/big-orders:
    eventPattern: { source: [shop.checkout] }
    targets:
      crm: { apiDestination: crm, retryPolicy: { maximumRetryAttempts: 500 } }
  all:
    eventPattern: { source: shop.checkout }
    targets:
      process: { function: order-procesor }
      path: { queue: done, inputPath: detail }
      text: { queue: done, inputTransformer: { inputTemplate: '"order <id>"' } }
`;

describe("a configuration with ten mistakes", () => {
  it("A configuration with ten mistakes has ten problems, each with its place", async () => {
    assert.deepEqual(await problemsOf({ "all.yaml": TEN_MISTAKES }), [
      `function "order-processor": unknown property "timeoutSecond", did you mean "timeoutSeconds"? (all.yaml:4:5)`,
      `function "both": must have exactly one of http, runtimeApi, container, process, has http and container (all.yaml:5:3)`,
      `queue "busbar.mine": its name must be 1 to 127 bytes and not begin with busbar. or amq. (all.yaml:7:3)`,
      `API destination "crm": connection.bearer.token refers to \${env:CRM_TOKEN}, which is not set (all.yaml:10:61)`,
      `rule "shop/big-orders": there is no event bus "shop" (all.yaml:12:3)`,
      `rule "shop/big-orders": target "crm": retryPolicy.maximumRetryAttempts must be 0..185, got 500 (all.yaml:15:72)`,
      `rule "all": eventPattern is not valid. Reason: "source" must be an object or an array (all.yaml:17:5)`,
      `rule "all": target "process": function must name a configured function, got "order-procesor"; did you mean "order-processor"? (all.yaml:19:28)`,
      `rule "all": target "path": inputPath must start with $, got "detail" (all.yaml:20:39)`,
      `rule "all": target "text": inputTransformer.inputTemplate contains invalid placeholder id, got "\\"order <id>\\"" (all.yaml:21:63)`,
    ]);
  });
});

/** One function, of which the text is the rest. */
const fn = (rest: string) => `functions: { f: { ${rest} } }`;
const http = `http: { url: "http://f" }`;
/** One rule with one target, of which the text is what follows the queue. */
const target = (rest: string, pattern = "{ source: [a] }") =>
  `queues: { q: {} }\nrules: { r: { eventPattern: ${pattern}, targets: { t: { ${rest} } } } }`;
const crm = (rest: string) => `apiDestinations: { crm: { url: "http://crm", ${rest} } }`;

/** What is written, and what is said of it. */
const MISTAKES: readonly (readonly [name: string, yaml: string, ...messages: string[]])[] = [
  ["an unknown section", "ruls: {}", `unknown section "ruls", did you mean "rules"? (a.yaml:1:1)`],
  ["a section that is a list", "queues: [q]", "queues must be a mapping (a.yaml:1:9)"],
  ["a file that is a text", "hello", "the file must be a mapping (a.yaml:1:1)"],
  ["an entry that is a list", "queues: { q: [] }", `queue "q": must be a mapping, got a list (a.yaml:1:11)`],
  [
    "broken YAML",
    "queues: {",
    "Flow map in block collection must be sufficiently indented and end with a } (a.yaml:1:10)",
  ],
  ["an unknown tag", "queues: !here {}", "Unresolved tag: !here (a.yaml:1:9)"],
  [
    "a duplicate key in one file",
    "queues:\n  q: {}\n  q: {}",
    `duplicate key "q", first given at a.yaml:2:3 (a.yaml:3:3)`,
  ],
  ["a key of __proto__", "queues: { __proto__: {} }", `"__proto__" cannot be a key (a.yaml:1:11)`],
  ["a list as a key", "queues: { [q]: {} }", "a key must be a plain text (a.yaml:1:11)"],
  ["an endless anchor", "queues: &q { q: *q }", `anchor "q" contains itself (a.yaml:1:17)`],
  [
    "deep nesting",
    target(`queue: q, input: ${"[".repeat(150)}${"]".repeat(150)}`),
    `"r" is nested deeper than 100 levels (a.yaml:2:10)`,
  ],
  [
    "a second document",
    "queues: { q: {} }\n---\nqueues: { r: {} }",
    "begins a second YAML document: one document a file (a.yaml:2:1)",
  ],
  ["an alias of nothing", "queues: { q: *q }", `there is no anchor "q" before this (a.yaml:1:14)`],
  [
    "a merge key of no mapping",
    "queues:\n  q: { <<: 3 }",
    "<< must be a mapping or a list of mappings, such as *defaults (a.yaml:2:8)",
  ],
  [
    "two merge keys",
    "queues:\n  q: &q {}\n  r:\n    <<: *q\n    <<: *q",
    `duplicate key "<<", first given at a.yaml:4:5: give it a list (a.yaml:5:5)`,
  ],
  [
    "a mistake that a merge key takes over",
    `functions:\n  a: &a { ${http}, timeoutSeconds: 901 }\n  b: { <<: *a, timeoutSeconds: 1, concurrency: x }`,
    `function "a": timeoutSeconds must be 1..900, got 901 (a.yaml:2:54)`,
    `function "b": concurrency must be a whole number, 1..1000, got "x" (a.yaml:3:48)`,
  ],
  [
    "bytes",
    target("queue: q, input: { a: !!binary aGk= }"),
    "the tag !!binary makes a value that JSON does not have (a.yaml:2:93)",
  ],
  [
    "a setting of too many digits",
    fn(`${http}, timeoutSeconds: 1234567890123456789`),
    `function "f": timeoutSeconds must be a whole number, 1..900, got 1234567890123456789 (a.yaml:1:62)`,
  ],
  ["a tab before a key", "queues:\n\tq: {}", "Tabs are not allowed as indentation (a.yaml:2:1)"],
  ["a number that JSON lacks", target("queue: q, input: .inf"), ".inf is not a JSON number (a.yaml:2:79)"],
  [
    "one rule written two ways",
    "rules: {\n r: { eventPattern: { a: [1] }, targets: {} },\n default/r: {} }",
    `rule "default/r": is a duplicate, first given at a.yaml:2:2 (a.yaml:3:2)`,
  ],
  [
    "a function of no kind",
    fn("timeoutSeconds: 3"),
    `function "f": must have exactly one of http, runtimeApi, container, process, has none (a.yaml:1:14)`,
  ],
  [
    "a function's name",
    `functions: { "a b": { ${http} } }`,
    `function "a b": its name must be 1 to 64 letters, digits, dots, dashes and underscores (a.yaml:1:14)`,
  ],
  [
    "a runtimeApi function's name",
    "functions: { My_Fn: { runtimeApi: {} } }",
    `function "My_Fn": its name must be a DNS label (lowercase letters, digits and dashes): a runtimeApi function is named by the host it polls (a.yaml:1:14)`,
  ],
  ["a missing url", fn("http: {}"), `function "f": http: missing property "url" (a.yaml:1:19)`],
  [
    "an odd url",
    fn("http: { url: stock }"),
    `function "f": http.url must be an http:// or https:// URL, got "stock" (a.yaml:1:32)`,
  ],
  [
    "a password in a url",
    fn(`http: { url: "http://me:secret@f" }`),
    `function "f": http.url must not hold a user name or password (a.yaml:1:32)`,
  ],
  [
    "a text with a password that is no url",
    fn(`http: { url: "http://me:secret@f:port" }`),
    `function "f": http.url must be an http:// or https:// URL (a.yaml:1:32)`,
  ],
  [
    "an odd format",
    fn(`http: { url: "http://f", format: xml }`),
    `function "f": http.format must be one of event, cloudevents, got "xml" (a.yaml:1:52)`,
  ],
  ["an empty command", fn("process: { command: [] }"), `function "f": process.command must not be empty (a.yaml:1:30)`],
  [
    "a word that is a number",
    fn("process: { command: [node, 1] }"),
    `function "f": process.command[1] must be a text, got 1 (a.yaml:1:46)`,
  ],
  [
    "a time-out out of range",
    fn(`${http}, timeoutSeconds: 901`),
    `function "f": timeoutSeconds must be 1..900, got 901 (a.yaml:1:62)`,
  ],
  [
    "half a second",
    fn(`${http}, timeoutSeconds: 0.5`),
    `function "f": timeoutSeconds must be a whole number, 1..900, got 0.5 (a.yaml:1:62)`,
  ],
  [
    "more retries than Lambda has",
    fn(`${http}, maximumRetryAttempts: 3`),
    `function "f": maximumRetryAttempts must be 0..2, got 3 (a.yaml:1:68)`,
  ],
  [
    "an age below a minute",
    fn(`${http}, maximumEventAgeInSeconds: 59`),
    `function "f": maximumEventAgeInSeconds must be 60..21600, got 59 (a.yaml:1:72)`,
  ],
  [
    "no interval",
    fn(`${http}, retryIntervalsSeconds: []`),
    `function "f": retryIntervalsSeconds must not be empty (a.yaml:1:46)`,
  ],
  [
    "an interval of nothing",
    fn(`${http}, retryIntervalsSeconds: [1, 0]`),
    `function "f": retryIntervalsSeconds[1] must be 1..3600, got 0 (a.yaml:1:73)`,
  ],
  ["no concurrency", fn(`${http}, concurrency: 0`), `function "f": concurrency must be 1..1000, got 0 (a.yaml:1:59)`],
  [
    "all calls kept for callers",
    fn(`${http}, concurrency: 3, callerConcurrency: 3`),
    `function "f": callerConcurrency must be less than concurrency, which is 3, got 3 (a.yaml:1:81)`,
  ],
  [
    "calls kept for callers where environments poll",
    fn("runtimeApi: {}, callerConcurrency: 3"),
    `function "f": callerConcurrency must be left out where environments are the limit, got 3 (a.yaml:1:54)`,
  ],
  [
    "a circuit breaker where nobody calls",
    fn("runtimeApi: {}, circuitBreaker: { failureThreshold: 3 }"),
    `function "f": circuitBreaker has no place on a function that polls: it is never called (a.yaml:1:35)`,
  ],
  [
    "an order where polls come to any router",
    fn("runtimeApi: {}, orderBy: { path: $.detail.id }"),
    `function "f": orderBy has no place on a function that polls: its polls come to any router, and one must keep the order (a.yaml:1:35)`,
  ],
  [
    "an order by no path",
    fn(`${http}, orderBy: { path: detail }`),
    `function "f": orderBy.path must start with $, got "detail" (a.yaml:1:63)`,
  ],
  [
    "a circuit breaker that is neither false nor a mapping",
    fn(`${http}, circuitBreaker: true`),
    `function "f": circuitBreaker must be false, or a mapping of failureThreshold (1..10000) and openSeconds (1..3600), got true (a.yaml:1:62)`,
  ],
  [
    "a circuit breaker's numbers out of range",
    fn(`${http}, circuitBreaker: { failureThreshold: 0, openSeconds: 3601 }`),
    `function "f": circuitBreaker.failureThreshold must be 1..10000, got 0 (a.yaml:1:82)`,
    `function "f": circuitBreaker.openSeconds must be 1..3600, got 3601 (a.yaml:1:98)`,
  ],
  [
    "a circuit breaker with an unknown property",
    fn(`${http}, circuitBreaker: { failureTreshold: 3 }`),
    `function "f": circuitBreaker: unknown property "failureTreshold", did you mean "failureThreshold"? (a.yaml:1:64)`,
  ],
  [
    "an environment that reaches nobody",
    fn(`${http}, environment: { A: b }`),
    `function "f": environment only reaches a process: set it where this function is started (a.yaml:1:46)`,
  ],
  [
    "a variable that is a number",
    fn("process: { command: [a] }, environment: { PORT: 80 }"),
    `function "f": environment.PORT must be a text (a.yaml:1:67)`,
  ],
  [
    "two places for one record",
    fn(`${http}, onSuccess: { queue: q, eventBus: default }`) + "\nqueues: { q: {} }",
    `function "f": onSuccess must have exactly one of queue, function, eventBus, has queue and eventBus (a.yaml:1:46)`,
  ],
  [
    "a record for an API destination",
    fn(`${http}, onFailure: { apiDestination: crm }`),
    `function "f": onFailure must have exactly one of queue, function, eventBus, has none (a.yaml:1:46)`,
    `function "f": onFailure: unknown property "apiDestination" (a.yaml:1:59)`,
  ],
  [
    "a record for no function",
    fn(`${http}, onFailure: { function: g }`),
    `function "f": onFailure.function must name a configured function, got "g"; did you mean "f"? (a.yaml:1:69)`,
  ],
  [
    "a dead-letter queue that is not there",
    fn(`${http}, deadLetterConfig: { queue: failed }`),
    `function "f": deadLetterConfig.queue must name a configured queue, got "failed" (a.yaml:1:73)`,
  ],
  [
    "a bus with a slash",
    "eventBuses: { a/b: {} }",
    `event bus "a/b": its name must be 1 to 64 letters, digits, dots, dashes and underscores (a.yaml:1:15)`,
  ],
  [
    "a queue of RabbitMQ's",
    "queues: { amq.direct: {} }",
    `queue "amq.direct": its name must be 1 to 127 bytes and not begin with busbar. or amq. (a.yaml:1:11)`,
  ],
  [
    "a FIFO queue whose name does not say so",
    "queues: { orders: { fifo: true } }",
    `queue "orders": is a FIFO queue: its name must end in .fifo (a.yaml:1:11)`,
  ],
  [
    "a queue whose name says that it is a FIFO queue",
    "queues: { orders.fifo: {} }",
    `queue "orders.fifo": must have "fifo: true", as its name says (a.yaml:1:11)`,
  ],
  [
    "settings of FIFO queues on another queue",
    "queues: { q: { contentBasedDeduplication: true, redrivePolicy: { queue: d.fifo, maxReceiveCount: 1 } }, d.fifo: { fifo: true } }",
    `queue "q": contentBasedDeduplication is for FIFO queues only, got true (a.yaml:1:43)`,
    `queue "q": redrivePolicy.queue must not name a FIFO queue: this one is none, got "d.fifo" (a.yaml:1:73)`,
  ],
  [
    "a FIFO queue with a standard dead-letter queue",
    "queues: { q.fifo: { fifo: true, throughputLimit: perMessageGroupId, redrivePolicy: { queue: d, maxReceiveCount: 1 } }, d: {} }",
    `queue "q.fifo": throughputLimit must be perQueue, unless deduplicationScope is messageGroup, got "perMessageGroupId" (a.yaml:1:50)`,
    `queue "q.fifo": redrivePolicy.queue must name a FIFO queue, as this one is, got "d" (a.yaml:1:93)`,
  ],
  [
    "a FIFO queue as a target without a group",
    "queues: { q.fifo: { fifo: true } }\nrules: { r: { eventPattern: { a: [1] }, targets: { t: { queue: q.fifo } } } }",
    `rule "r": target "t": must have sqsParameters with a messageGroupId: its queue is a FIFO queue (a.yaml:2:52)`,
  ],
  [
    "a schedule for a FIFO queue without a group, and a group for another target",
    `queues: { q.fifo: { fifo: true } }\n${fn(http)}\nschedules:\n` +
      "  a: { scheduleExpression: rate(1 day), target: { queue: q.fifo } }\n" +
      "  b: { scheduleExpression: rate(1 day), target: { function: f, sqsParameters: { messageGroupId: g } } }",
    `schedule "a": target must have sqsParameters with a messageGroupId: its queue is a FIFO queue (a.yaml:4:41)`,
    `schedule "b": target.sqsParameters is for queues only (a.yaml:5:64)`,
  ],
  [
    "a delay of targets that keep an order or have the event at once",
    "queues: { q.fifo: { fifo: true } }\nstreams: { s: { partitions: 1 } }\neventBuses: { b: {} }\n" +
      "rules:\n  r:\n    eventPattern: { a: [1] }\n    targets:\n" +
      "      q: { queue: q.fifo, sqsParameters: { messageGroupId: g }, delaySeconds: 1 }\n" +
      "      s: { stream: s, delaySeconds: 1 }\n" +
      "      b: { eventBus: b, delaySeconds: 901 }",
    `rule "r": target "q": delaySeconds is not for FIFO queues: what waits would lose its place in its group, got 1 (a.yaml:8:79)`,
    `rule "r": target "s": delaySeconds is not for streams: what waits would lose its place in its partition, got 1 (a.yaml:9:37)`,
    `rule "r": target "b": delaySeconds must be 0..900, got 901 (a.yaml:10:39)`,
    `rule "r": target "b": delaySeconds is not for event buses: give it to the targets of the rules there, got 901 (a.yaml:10:39)`,
  ],
  [
    "a delay before a function that keeps an order",
    'functions: { f: { http: { url: "http://f" }, orderBy: { path: $.detail.id } } }\n' +
      "rules: { r: { eventPattern: { a: [1] }, targets: { t: { function: f, delaySeconds: 1 } } } }",
    `rule "r": target "t": delaySeconds is not for function "f", which has orderBy: what waits would lose its place (a.yaml:2:84)`,
  ],
  [
    "batches of a target that is no function, and beyond their bounds",
    "queues: { q: {} }\nrules:\n  r:\n    eventPattern: { a: [1] }\n    targets:\n" +
      "      q: { queue: q, batch: {} }\n" +
      "      p: { queue: q, batch: { size: 0, windowSeconds: 301, groupBy: x } }",
    `rule "r": target "q": batch is for functions only (a.yaml:6:22)`,
    `rule "r": target "p": batch is for functions only (a.yaml:7:22)`,
    `rule "r": target "p": batch.size must be 1..10000, got 0 (a.yaml:7:37)`,
    `rule "r": target "p": batch.windowSeconds must be 0..300, got 301 (a.yaml:7:55)`,
    `rule "r": target "p": batch.groupBy must start with $, got "x" (a.yaml:7:69)`,
  ],
  [
    "batches for functions that cannot have them",
    "functions:\n" +
      '  ordered: { http: { url: "http://f" }, orderBy: { path: $.detail.id } }\n' +
      "  polls: { runtimeApi: {} }\n" +
      '  image: { container: { url: "http://f" } }\n' +
      '  cloud: { http: { url: "http://f", format: cloudevents } }\n' +
      "rules:\n  r:\n    eventPattern: { a: [1] }\n    targets:\n" +
      "      o: { function: ordered, batch: {} }\n" +
      "      p: { function: polls, batch: {} }\n" +
      "      i: { function: image, batch: {} }\n" +
      "      c: { function: cloud, batch: {} }",
    `rule "r": target "o": batch is not for function "ordered", which has orderBy: the events of a key are called one at a time (a.yaml:10:38)`,
    `rule "r": target "p": batch is not for function "polls", which polls: a poll takes one event (a.yaml:11:36)`,
    `rule "r": target "i": batch is not for function "image", a container: one router at a time calls it, and each router has batches of its own (a.yaml:12:36)`,
    `rule "r": target "c": batch is not for function "cloud", which takes CloudEvents: a call has one (a.yaml:13:36)`,
  ],
  [
    "a FIFO queue for records and dead letters",
    fn(`${http}, onFailure: { queue: q.fifo }, deadLetterConfig: { queue: q.fifo }`) +
      "\nqueues: { q.fifo: { fifo: true } }",
    `function "f": onFailure.queue must name a standard queue, not a FIFO queue, got "q.fifo" (a.yaml:1:66)`,
    `function "f": deadLetterConfig.queue must name a standard queue, not a FIFO queue, got "q.fifo" (a.yaml:1:103)`,
  ],
  [
    "a queue's name of 128 bytes",
    `queues: { ${"ä".repeat(64)}: {} }`,
    `queue "${"ä".repeat(64)}": its name must be 1 to 127 bytes and not begin with busbar. or amq. (a.yaml:1:11)`,
  ],
  [
    "two ways to authorize",
    crm("connection: { basic: { username: a, password: b }, bearer: { token: c } }"),
    `API destination "crm": connection must have exactly one of apiKey, basic, bearer, oauth, has basic and bearer (a.yaml:1:46)`,
  ],
  [
    "a token on two lines",
    crm(`connection: { bearer: { token: "a\\nb" } }`),
    `API destination "crm": connection.bearer.token must be plain ASCII on one line, to go into an HTTP header (a.yaml:1:77)`,
  ],
  [
    "a secret that is a number",
    crm("connection: { apiKey: { header: X-Key, value: 123456 } }"),
    `API destination "crm": connection.apiKey.value must be a text (a.yaml:1:92)`,
  ],
  [
    "an odd method",
    crm("method: post"),
    `API destination "crm": method must be one of POST, GET, HEAD, OPTIONS, PUT, PATCH, DELETE, got "post" (a.yaml:1:54)`,
  ],
  [
    "a rate out of range",
    crm("invocationRateLimitPerSecond: 301"),
    `API destination "crm": invocationRateLimitPerSecond must be 1..300, got 301 (a.yaml:1:76)`,
  ],
  [
    "a rule without a pattern",
    "rules: { r: { targets: {} } }",
    `rule "r": missing property "eventPattern" (a.yaml:1:10)`,
  ],
  [
    "a rule without targets",
    "rules: { r: { eventPattern: { a: [1] } } }",
    `rule "r": missing property "targets" (a.yaml:1:10)`,
  ],
  [
    "a pattern that is a text",
    target("queue: q", `"{}"`),
    `rule "r": eventPattern must be a mapping, got "{}" (a.yaml:2:29)`,
  ],
  [
    "a pattern that AWS refuses",
    target("queue: q", "{ a: [{ nope: 1 }] }"),
    `rule "r": eventPattern is not valid. Reason: Unrecognized match type nope (a.yaml:2:15)`,
  ],
  [
    "an odd state",
    "rules: { r: { state: enabled, eventPattern: { a: [1] }, targets: {} } }",
    `rule "r": state must be one of ENABLED, DISABLED, got "enabled" (a.yaml:1:22)`,
  ],
  [
    "a rule's key with two slashes",
    "rules: { a/b/c: { eventPattern: { a: [1] }, targets: {} } }",
    `rule "a/b/c": its key must be NAME or BUS/NAME, each 1 to 64 letters, digits, dots, dashes and underscores (a.yaml:1:10)`,
  ],
  [
    "a rule of a bus that is not there",
    "eventBuses: { orders: {} }\nrules: { ordrs/r: { eventPattern: { a: [1] }, targets: {} } }",
    `rule "ordrs/r": there is no event bus "ordrs", did you mean "orders"? (a.yaml:2:10)`,
  ],
  [
    "a target's name",
    "queues: { q: {} }\nrules: { r: { eventPattern: { a: [1] }, targets: { a b: { queue: q } } } }",
    `rule "r": target "a b": its name must be 1 to 64 letters, digits, dots, dashes and underscores (a.yaml:2:52)`,
  ],
  [
    "a target that points nowhere",
    target("inputPath: $.detail"),
    `rule "r": target "t": must have exactly one of function, queue, stream, apiDestination, eventBus, has none (a.yaml:2:57)`,
  ],
  [
    "a target that points twice",
    target("queue: q, eventBus: default"),
    `rule "r": target "t": must have exactly one of function, queue, stream, apiDestination, eventBus, has queue and eventBus (a.yaml:2:57)`,
  ],
  [
    "two inputs",
    target("queue: q, input: 1, inputPath: $.detail"),
    `rule "r": target "t": must have at most one of input, inputPath, inputTransformer, has input and inputPath (a.yaml:2:57)`,
  ],
  [
    "a text that is no JSON",
    target("queue: q, input: hello"),
    `rule "r": target "t": input is a text, and so must be JSON: write '"text"' to give a text itself, got "hello" (a.yaml:2:79)`,
  ],
  [
    "an odd path in a transformer",
    target(`queue: q, inputTransformer: { inputPathsMap: { a: detail }, inputTemplate: "<a>" }`),
    `rule "r": target "t": inputTransformer.inputPathsMap.a must start with $, got "detail" (a.yaml:2:112)`,
  ],
  [
    "a retry policy of a queue",
    target("queue: q, retryPolicy: {}"),
    `rule "r": target "t": retryPolicy is for functions and API destinations only: queues, streams and event buses have the event when it is accepted (a.yaml:2:72)`,
  ],
  [
    "an input of an event bus",
    target("eventBus: default, inputPath: $.detail"),
    `rule "r": target "t": inputPath is not for event buses: an event goes on as it is, got "$.detail" (a.yaml:2:92)`,
  ],
  [
    "a dead-letter queue of nobody's",
    target("queue: q, deadLetterConfig: { queue: p }"),
    `rule "r": target "t": deadLetterConfig.queue must name a configured queue, got "p"; did you mean "q"? (a.yaml:2:99)`,
  ],
];

describe("mistakes in a configuration", () => {
  for (const [name, yaml, ...messages] of MISTAKES) {
    it(`The problem names the mistake: ${name}`, async () =>
      assert.deepEqual(await problemsOf({ "a.yaml": yaml }), messages));
  }

  it("A name given by two files is a problem with both places", async () => {
    const files = { "a.yaml": "queues: { q: {} }", "b.yml": "queues:\n  q: {}" };
    assert.deepEqual(await problemsOf(files), [`queue "q": is a duplicate, first given at a.yaml:1:11 (b.yml:2:3)`]);
  });

  it("A mistake in conditions has the place that the conditions' compiler names", async () => {
    const yaml = `rules:
  r:
    eventPattern: { a: [1] }
    targets: {}
    conditions:
      all:
        - { fact: detail, operator: graterThan, value: 1 }`;
    const conditions = () =>
      ({ ok: false, problems: [{ path: ["all", 0, "operator"], message: "is not an operator" }] }) as const;
    assert.deepEqual(await problemsOf({ "a.yaml": yaml }, { conditions }), [
      `rule "r": conditions.all[0].operator is not an operator, got "graterThan" (a.yaml:7:37)`,
    ]);
  });

  it("Problems are listed in the order of the files and their lines, whatever their kind", async () => {
    const files = {
      "b.yaml": "queues: []",
      "a.yaml": `rules: []\nfunctions: { f: { ${http}, timeoutSeconds: 0 } }\nmore: {}`,
    };
    assert.deepEqual(await problemsOf(files), [
      "rules must be a mapping (a.yaml:1:8)",
      `function "f": timeoutSeconds must be 1..900, got 0 (a.yaml:2:62)`,
      `unknown section "more" (a.yaml:3:1)`,
      "queues must be a mapping (b.yaml:1:9)",
    ]);
  });

  it("A mistake in a function is listed once: what refers to the function is no problem too", async () => {
    const yaml = `${fn(`${http}, timeoutSeconds: 0`)}\nrules: { r: { eventPattern: { a: [1] }, targets: { t: { function: f } } } }`;
    assert.equal((await problemsOf({ "a.yaml": yaml })).length, 1);
  });

  it("A name that may stand in a file which could not be read is no problem", async () => {
    const files = {
      "a.yaml": "functions: {",
      "b.yaml": target("function: f"),
      "c.yaml": "rules: { b/r: { eventPattern: { a: [1] }, targets: {} } }",
    };
    const problems = await problemsOf(files);
    assert.deepEqual(
      problems.map((problem) => problem.includes("(a.yaml:")),
      [true],
    );
  });

  it("Anchors that multiply are a problem", async () => {
    const levels = Array.from({ length: 9 }, (_, n) => `x${n + 1}: &x${n + 1} [${`*x${n}, `.repeat(9)}]`).join(", ");
    const yaml = target(`queue: q, input: { x0: &x0 [lol], ${levels} }`);
    assert.deepEqual(await problemsOf({ "a.yaml": yaml }), ["uses its anchors more than 100 times (a.yaml)"]);
  });
});
