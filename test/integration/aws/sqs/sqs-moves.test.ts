import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { describe, it } from "node:test";
import { eventually } from "../../../contract/waiting.ts";
import { authenticatorOf, credentialsOf, TOKEN } from "../../../support/http/authenticator.ts";
import type { SqsAnswer } from "../../../support/aws/sqs-router.ts";
import { callSqs, querySqs, sqsRouter } from "../../../support/aws/sqs-router.ts";

const ARN = "arn:aws:sqs:us-east-1:000000000000";
const DEAD = `${ARN}:dead`;
const redrivePolicy = { queue: "dead", maxReceiveCount: 1 };

type Shown = Readonly<Record<string, unknown>> & { readonly Body: string; readonly MessageId: string };
type Task = Readonly<Record<string, unknown>> & { readonly Status: string };

async function started(t: TestContext) {
  const router = await sqsRouter(t, [
    { name: "orders", redrivePolicy },
    { name: "mails", redrivePolicy },
    { name: "dead" },
    { name: "others" },
    { name: "orders.fifo", fifo: true, redrivePolicy: { queue: "dead.fifo", maxReceiveCount: 1 } },
    { name: "dead.fifo", fifo: true },
  ]);
  const call = (operation: string, input: object): Promise<SqsAnswer> => callSqs(router.url, operation, input);
  const receive = async (QueueUrl: string, VisibilityTimeout = 600): Promise<readonly Shown[]> => {
    const asked = { QueueUrl, VisibilityTimeout, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ["All"] };
    const { body } = await call("ReceiveMessage", { ...asked, MessageAttributeNames: ["All"] });
    return (body["Messages"] ?? []) as readonly Shown[];
  };
  /** Sends messages, and receives them too often. */
  const poison = async (QueueUrl: string, ...bodies: readonly string[]): Promise<void> => {
    for (const MessageBody of bodies) {
      const MessageAttributes = { n: { DataType: "Number", StringValue: "7" } };
      const place = QueueUrl.endsWith(".fifo") ? { MessageGroupId: "g", MessageDeduplicationId: MessageBody } : {};
      await call("SendMessage", { QueueUrl, MessageBody, MessageAttributes, ...place });
    }
    assert.equal((await receive(QueueUrl, 0)).length, bodies.length);
    assert.equal((await receive(QueueUrl, 0)).length, 0);
  };
  const tasks = async (SourceArn = DEAD): Promise<readonly Task[]> =>
    ((await call("ListMessageMoveTasks", { SourceArn, MaxResults: 10 })).body["Results"] ?? []) as readonly Task[];
  const move = async (input: object, SourceArn = DEAD): Promise<string> => {
    const { status, body } = await call("StartMessageMoveTask", { SourceArn, ...input });
    assert.equal(status, 200, JSON.stringify(body));
    return String(body["TaskHandle"]);
  };
  const ended = async (SourceArn = DEAD): Promise<Task> => {
    await eventually("it has ended", async () => (await tasks(SourceArn))[0]?.Status !== "RUNNING");
    return (await tasks(SourceArn))[0] as Task;
  };
  return { ...router, call, receive, poison, tasks, move, ended };
}

/** At one a second they take so long that a task can be seen while it runs. */
const TEN = Array.from({ length: 10 }, (_, n) => `m-${n}`);

const bodiesOf = (messages: readonly Shown[]): readonly string[] => messages.map(({ Body }) => Body);

describe("Message move tasks", () => {
  it("each message goes back to the queue that it came from, and begins anew there", async (t) => {
    const { receive, poison, move, ended, observation } = await started(t);
    await poison("orders", "one", "two");
    await poison("mails", "three");
    const [dead] = await receive("dead", 0);
    const handle = await move({});
    assert.equal((JSON.parse(Buffer.from(handle, "base64").toString()) as { sourceArn: string }).sourceArn, DEAD);
    const task = await ended();
    assert.ok(Math.abs(Number(task["StartedTimestamp"]) - Date.now()) < 60_000);
    assert.deepEqual(
      { ...task, StartedTimestamp: 0 },
      {
        Status: "COMPLETED",
        SourceArn: DEAD,
        ApproximateNumberOfMessagesMoved: 3,
        ApproximateNumberOfMessagesToMove: 3,
        StartedTimestamp: 0,
      },
    );
    const [one, ...others] = await receive("orders");
    assert.deepEqual(bodiesOf(others), ["two"]);
    assert.deepEqual(bodiesOf(await receive("mails")), ["three"]);
    assert.deepEqual(await receive("dead"), []);
    assert.deepEqual([one?.Body, one?.MessageId], [dead?.Body, dead?.MessageId]);
    assert.deepEqual(one?.["MessageAttributes"], { n: { DataType: "Number", StringValue: "7" } });
    const [before, after] = [dead, one].map((shown) => shown?.["Attributes"] as Record<string, string>);
    assert.equal(before?.["DeadLetterQueueSourceArn"], `${ARN}:orders`);
    assert.equal(after?.["DeadLetterQueueSourceArn"], undefined);
    assert.deepEqual([before["ApproximateReceiveCount"], after?.["ApproximateReceiveCount"]], ["2", "1"]);
    assert.ok(Number(after?.["SentTimestamp"]) >= Number(task["StartedTimestamp"]));
    const { body } = await observation.metrics();
    assert.match(body, /^busbar_queue_messages_moved_total\{queue="dead"\} 3$/m);
    assert.match(body, /^busbar_jobs_ended_total\{kind="move",state="done"\} 1$/m);
  });

  it("what was sent to the dead-letter queue itself stays, and the task says that it failed", async (t) => {
    const { call, receive, poison, move, ended, configured } = await started(t);
    await call("SendMessage", { QueueUrl: "dead", MessageBody: "direct" });
    await poison("orders", "one");
    await move({});
    const { Status, FailureReason, ...counts } = await ended();
    assert.deepEqual([Status, FailureReason], ["FAILED", "CouldNotDetermineMessageSource"]);
    assert.deepEqual([counts["ApproximateNumberOfMessagesMoved"], counts["ApproximateNumberOfMessagesToMove"]], [1, 2]);
    assert.deepEqual(bodiesOf(await receive("orders")), ["one"]);
    await poison("mails", "two");
    configured.delete("mails");
    await call("ReceiveMessage", { QueueUrl: "dead", MaxNumberOfMessages: 1, VisibilityTimeout: 600 });
    await move({});
    assert.equal((await ended())["FailureReason"], "AWS.SimpleQueueService.NonExistentQueue");
    assert.deepEqual(bodiesOf(await receive("dead")), ["two"]);
  });

  it("everything goes to one queue at a rate, one task at a time, until it is cancelled", async (t) => {
    const { call, receive, poison, move, tasks, ended } = await started(t);
    await poison("orders", ...TEN);
    const TaskHandle = await move({ DestinationArn: `${ARN}:others`, MaxNumberOfMessagesPerSecond: 1 });
    const second = await call("StartMessageMoveTask", { SourceArn: DEAD });
    assert.deepEqual([second.status, second.queryError], [400, "InvalidParameterValue;Sender"]);
    assert.match(String(second.body["message"]), /^There is already a task running\. Only one active task is allowed/);
    await eventually("one has gone", async () => (await tasks())[0]?.["ApproximateNumberOfMessagesMoved"] !== 0);
    const { StartedTimestamp, ApproximateNumberOfMessagesMoved: soFar, ...running } = (await tasks())[0] as Task;
    assert.ok(Number(StartedTimestamp) > 0 && Number(soFar) < 10);
    assert.deepEqual(running, {
      TaskHandle,
      Status: "RUNNING",
      SourceArn: DEAD,
      DestinationArn: `${ARN}:others`,
      MaxNumberOfMessagesPerSecond: 1,
      ApproximateNumberOfMessagesToMove: 10,
    });
    const cancelled = await call("CancelMessageMoveTask", { TaskHandle });
    assert.equal(cancelled.status, 200);
    assert.ok(Number(cancelled.body["ApproximateNumberOfMessagesMoved"]) >= 1);
    await eventually("it is cancelled", async () => (await tasks())[0]?.Status === "CANCELLED");
    const again = await call("CancelMessageMoveTask", { TaskHandle });
    assert.deepEqual([again.status, again.body["message"]], [404, "Task does not exist."]);
    const [task] = await tasks();
    const moved = Number(task?.["ApproximateNumberOfMessagesMoved"]);
    assert.equal((await receive("others")).length, moved);
    await move({});
    assert.equal((await ended())["ApproximateNumberOfMessagesMoved"], 10 - moved);
    assert.deepEqual(
      (await tasks()).map(({ Status }) => Status),
      ["COMPLETED", "CANCELLED"],
    );
    assert.equal((await receive("orders")).length, 10 - moved);
  });

  it("a task fails when its destination is deleted, and what has not moved stays", async (t) => {
    const { receive, poison, move, tasks, ended, configured } = await started(t);
    await poison("orders", ...TEN);
    await move({ DestinationArn: `${ARN}:others`, MaxNumberOfMessagesPerSecond: 1 });
    await eventually("one has gone", async () => (await tasks())[0]?.["ApproximateNumberOfMessagesMoved"] !== 0);
    configured.delete("others");
    const { Status, FailureReason, ApproximateNumberOfMessagesMoved: moved } = await ended();
    assert.deepEqual([Status, FailureReason], ["FAILED", "AWS.SimpleQueueService.NonExistentQueue"]);
    assert.equal((await receive("dead")).length, 10 - Number(moved));
  });

  it("the messages of a FIFO queue's group keep their order, and are not taken for sent before", async (t) => {
    const { receive, poison, move, ended } = await started(t);
    await poison("orders.fifo", "one", "two", "three");
    await move({}, `${ARN}:dead.fifo`);
    assert.equal((await ended(`${ARN}:dead.fifo`)).Status, "COMPLETED");
    const back = await receive("orders.fifo");
    assert.deepEqual(bodiesOf(back), ["one", "two", "three"]);
    assert.equal((back[0]?.["Attributes"] as Record<string, string>)["MessageGroupId"], "g");
  });

  it("the query protocol has them in XML", async (t) => {
    const { url, poison, receive } = await started(t);
    await poison("orders", ...TEN);
    const given = { SourceArn: DEAD, DestinationArn: `${ARN}:others`, MaxNumberOfMessagesPerSecond: "1" };
    const begun = await querySqs(url, { Action: "StartMessageMoveTask", ...given });
    const handle = /<StartMessageMoveTaskResult><TaskHandle>([^<]+)<\/TaskHandle>/.exec(begun)?.[1] ?? "";
    const listed = await querySqs(url, { Action: "ListMessageMoveTasks", SourceArn: DEAD });
    assert.match(
      listed,
      /<ListMessageMoveTasksResult><ListMessageMoveTasksResultEntry><TaskHandle>.+<Status>RUNNING<.+PerSecond>1<.+<\/ListMessageMoveTasksResultEntry><\/ListMessageMoveTasksResult>/,
    );
    const cancelled = await querySqs(url, { Action: "CancelMessageMoveTask", TaskHandle: handle });
    assert.match(cancelled, /<CancelMessageMoveTaskResult><ApproximateNumberOfMessagesMoved>\d</);
    const late = await querySqs(url, { Action: "CancelMessageMoveTask", TaskHandle: handle });
    assert.match(late, /<Code>ResourceNotFoundException<\/Code><Message>Task does not exist\.</);
    await eventually(
      "all are there",
      async () => (await receive("dead", 0)).length + (await receive("others", 0)).length === TEN.length,
    );
  });

  it("who starts a task must be allowed to send to its destination, by a policy of its own or the queue's", async (t) => {
    const statement = { effect: "Allow", resources: ["*"], conditions: [] } as const;
    const sender = { ...statement, sid: "all", actions: ["sqs:SendMessage"], principals: ["*"] };
    const { authenticator, audit } = authenticatorOf(
      credentialsOf({
        ...statement,
        actions: ["sqs:StartMessageMoveTask", "sqs:CancelMessageMoveTask"],
        resources: [DEAD],
      }),
    );
    const queues = [
      { name: "orders", redrivePolicy },
      { name: "mails", redrivePolicy: { queue: "late", maxReceiveCount: 1 } },
      { name: "dead" },
      { name: "late" },
      { name: "others" },
      { name: "open", policy: { statements: [sender] } },
    ];
    const { url } = await sqsRouter(t, queues, authenticator);
    const ask = async (operation: string, input: object) => {
      const headers = {
        authorization: `Bearer ${TOKEN}`,
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": `AmazonSQS.${operation}`,
      };
      const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(input) });
      return { status: response.status, text: await response.text() };
    };
    const refused = await ask("StartMessageMoveTask", { SourceArn: DEAD, DestinationArn: `${ARN}:others` });
    assert.equal(refused.status, 403);
    assert.equal(audit.at(-1)?.action, "sqs:SendMessage");
    assert.equal((await ask("StartMessageMoveTask", { SourceArn: `${ARN}:late` })).status, 403);
    const begun = await ask("StartMessageMoveTask", { SourceArn: DEAD, DestinationArn: `${ARN}:open` });
    assert.equal(begun.status, 200, begun.text);
    const { TaskHandle = "" } = JSON.parse(begun.text) as { TaskHandle?: string };
    const { taskId } = JSON.parse(Buffer.from(TaskHandle, "base64").toString()) as { taskId: string };
    const handleOf = (handle: object) => Buffer.from(JSON.stringify(handle)).toString("base64");
    const ofLate = handleOf({ taskId, sourceArn: `${ARN}:late` });
    assert.equal((await ask("CancelMessageMoveTask", { TaskHandle: ofLate })).status, 403);
  });

  const FORM = "arn:<partition>:<service>:<region>:<account-id>:<resource-id>";
  const refusals: readonly (readonly [operation: string, input: object, code: string, message: string])[] = [
    ["StartMessageMoveTask", {}, "MissingParameter", "The request must contain the parameter SourceArn."],
    [
      "StartMessageMoveTask",
      { SourceArn: "dead" },
      "InvalidParameterValue",
      `You must use this format to specify the SourceArn: ${FORM}`,
    ],
    [
      "StartMessageMoveTask",
      { SourceArn: `${ARN}:nope` },
      "ResourceNotFoundException",
      "The resource that you specified for the SourceArn parameter doesn't exist.",
    ],
    [
      "StartMessageMoveTask",
      { SourceArn: "arn:aws:sqs:us-east-1:111122223333:dead" },
      "ResourceNotFoundException",
      "The resource that you specified for the SourceArn parameter doesn't exist.",
    ],
    [
      "StartMessageMoveTask",
      { SourceArn: `${ARN}:orders` },
      "InvalidParameterValue",
      "Source queue must be configured as a Dead Letter Queue.",
    ],
    [
      "StartMessageMoveTask",
      { SourceArn: DEAD, DestinationArn: "others" },
      "InvalidParameterValue",
      `You must use this format to specify the DestinationArn: ${FORM}`,
    ],
    [
      "StartMessageMoveTask",
      { SourceArn: DEAD, DestinationArn: `${ARN}:nope` },
      "ResourceNotFoundException",
      "The resource that you specified for the DestinationArn parameter doesn't exist.",
    ],
    [
      "StartMessageMoveTask",
      { SourceArn: DEAD, DestinationArn: DEAD },
      "InvalidParameterValue",
      "Source queue arn and destination queue arn cannot be the same.",
    ],
    [
      "StartMessageMoveTask",
      { SourceArn: DEAD, DestinationArn: `${ARN}:orders.fifo` },
      "InvalidParameterValue",
      "The source queue and destination queue must be of the same queue type.",
    ],
    [
      "StartMessageMoveTask",
      { SourceArn: DEAD, MaxNumberOfMessagesPerSecond: 501 },
      "InvalidParameterValue",
      "Value for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: You must enter a number that's between 1 and 500.",
    ],
    [
      "ListMessageMoveTasks",
      { SourceArn: `${ARN}:nope` },
      "ResourceNotFoundException",
      "The resource that you specified for the SourceArn parameter doesn't exist.",
    ],
    [
      "ListMessageMoveTasks",
      { SourceArn: DEAD, MaxResults: 11 },
      "InvalidParameterValue",
      "Value for parameter MaxResults is invalid. Reason: You must enter a number that's between 1 and 10.",
    ],
    ["CancelMessageMoveTask", {}, "MissingParameter", "The request must contain the parameter TaskHandle."],
    [
      "CancelMessageMoveTask",
      { TaskHandle: "garbage" },
      "InvalidParameterValue",
      "Value for parameter TaskHandle is invalid.",
    ],
    [
      "CancelMessageMoveTask",
      { TaskHandle: Buffer.from(JSON.stringify({ taskId: "t", sourceArn: DEAD })).toString("base64") },
      "ResourceNotFoundException",
      "Task does not exist.",
    ],
  ];
  it("what is wrong is refused in SQS's words", async (t) => {
    const { call } = await started(t);
    for (const [operation, input, code, message] of refusals) {
      const { status, body, queryError } = await call(operation, input);
      const expected = code === "ResourceNotFoundException" ? 404 : 400;
      assert.deepEqual([status, queryError, body["message"]], [expected, `${code};Sender`, message], operation);
    }
    assert.deepEqual((await call("ListMessageMoveTasks", { SourceArn: DEAD })).body, {});
  });
});
