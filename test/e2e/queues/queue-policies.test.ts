import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { SQSClient } from "@aws-sdk/client-sqs";
import {
  AddPermissionCommand,
  CreateQueueCommand,
  GetQueueAttributesCommand,
  RemovePermissionCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
} from "@aws-sdk/client-sqs";
import { eventually } from "../../contract/waiting.ts";
import { sqsClient } from "../../support/aws/sqs-client.ts";
import { Router } from "../../support/router/router.ts";

const ARN = "arn:aws:sqs:us-east-1:000000000000:orders";
const CONFIG = `
queues:
  of-file:
    policy: { statements: [{ sid: partners, effect: Allow, principal: "111122223333", action: sqs:SendMessage }] }
`;
const KEYS = `
accessKeys:
  AKIDADMIN: { name: admin, secret: a-secret-of-the-admin, statements: [{ effect: Allow, action: "sqs:*", resource: "*" }] }
  AKIDPARTNER:
    name: partner
    account: "111122223333"
    secret: a-secret-of-the-partner
    statements: [{ effect: Allow, action: "events:List*", resource: "*" }]
`;

describe("The policies of queues", { timeout: 120_000 }, () => {
  let router: Router;
  let admin: SQSClient;
  let partner: SQSClient;
  before(async () => {
    router = await Router.start({ config: CONFIG });
    await router.stop();
    const file = join(router.folder, "keys");
    await writeFile(file, KEYS);
    await router.launch({ env: { BUSBAR_ACCESS_KEYS_FILE: file } });
    admin = sqsClient(router.publicUrl, { accessKeyId: "AKIDADMIN", secretAccessKey: "a-secret-of-the-admin" });
    partner = sqsClient(router.publicUrl, { accessKeyId: "AKIDPARTNER", secretAccessKey: "a-secret-of-the-partner" });
    await admin.send(new CreateQueueCommand({ QueueName: "orders" }));
  });
  after(async () => {
    admin.destroy();
    partner.destroy();
    await router.remove();
  });

  const QueueUrl = "orders";
  const send = (client: SQSClient, to = QueueUrl) =>
    client.send(new SendMessageCommand({ QueueUrl: to, MessageBody: "hello" })).then(
      () => "sent",
      (error: unknown) => (error instanceof Error ? error.name : "no error"),
    );
  const setPolicy = (statement: object | undefined) => {
    const document = statement && JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
    return admin.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy: document ?? "" } }));
  };
  const policy = async (of = QueueUrl) => {
    const asked = new GetQueueAttributesCommand({ QueueUrl: of, AttributeNames: ["Policy"] });
    const { Attributes } = await admin.send(asked);
    return Attributes?.Policy === undefined ? undefined : (JSON.parse(Attributes.Policy) as unknown);
  };

  it("AddPermission lets an account send, as AWS writes it, and RemovePermission no longer", async () => {
    assert.equal(await send(partner), "AccessDenied");
    const label = { QueueUrl, Label: "partners" };
    const Actions = ["SendMessage", "ReceiveMessage"];
    await admin.send(new AddPermissionCommand({ ...label, AWSAccountIds: ["111122223333"], Actions }));
    assert.deepEqual(await policy(), {
      Version: "2008-10-17",
      Id: `${ARN}/SQSDefaultPolicy`,
      Statement: [
        {
          Sid: "partners",
          Effect: "Allow",
          Principal: { AWS: "arn:aws:iam::111122223333:root" },
          Action: ["SQS:SendMessage", "SQS:ReceiveMessage"],
          Resource: ARN,
        },
      ],
    });
    assert.equal(await send(partner), "sent");
    const again = new AddPermissionCommand({ ...label, AWSAccountIds: ["111122223333"], Actions });
    await assert.rejects(admin.send(again), {
      message: "Value partners for parameter Label is invalid. Reason: Already exists.",
    });
    const owners = new AddPermissionCommand({
      QueueUrl,
      Label: "o",
      AWSAccountIds: ["111122223333"],
      Actions: ["DeleteQueue"],
    });
    await assert.rejects(admin.send(owners), { message: /Only the queue owner is allowed to invoke this action\./ });
    await admin.send(new RemovePermissionCommand(label));
    assert.equal(await policy(), undefined);
    assert.equal(await send(partner), "AccessDenied");
    await assert.rejects(admin.send(new RemovePermissionCommand(label)), { message: /can't find label\./ });
  });

  it("A Deny comes before what a caller's own policies allow, and never keeps somebody from changing the policy", async () => {
    await setPolicy({ Sid: "closed", Effect: "Deny", Principal: "*", Action: "sqs:*", Resource: ARN });
    assert.equal(await send(admin), "AccessDenied");
    const by = "closed of the policy of queue orders";
    await eventually("the audit names the statement", () =>
      router.log.some((line) => JSON.stringify(line).includes(by)),
    );
    await setPolicy(undefined);
    assert.equal(await send(admin), "sent");
  });

  it("What is said of AWS's services is kept and lets nobody in; what cannot be decided is refused", async () => {
    const statement = { Effect: "Allow", Action: "sqs:SendMessage", Resource: ARN };
    const Condition = { ArnEquals: { "aws:SourceArn": "arn:aws:events:us-east-1:000000000000:rule/any" } };
    await setPolicy({ ...statement, Principal: { Service: "events.amazonaws.com" }, Condition });
    assert.equal(await send(partner), "AccessDenied");
    await assert.rejects(setPolicy({ ...statement, Principal: "*", Condition }), { name: "InvalidAttributeValue" });
    await assert.rejects(setPolicy({ ...statement, NotPrincipal: "*" }), { name: "InvalidAttributeValue" });
    await setPolicy(undefined);
  });

  it("A file's queue has the same, and shows it", async () => {
    assert.equal(await send(partner, "of-file"), "sent");
    assert.deepEqual(await policy("of-file"), {
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "partners",
          Effect: "Allow",
          Principal: { AWS: "arn:aws:iam::111122223333:root" },
          Action: "sqs:SendMessage",
          Resource: `${ARN.slice(0, -"orders".length)}of-file`,
        },
      ],
    });
  });
});
