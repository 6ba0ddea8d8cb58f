import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sqsRecord } from "../../../../src/flow/mappings/records/sqs-record.ts";

const ORIGIN = { identity: { accountId: "000000000000", region: "eu-west-1" }, queue: "orders" };
const RECEIVED = { MessageId: "m", ReceiptHandle: "r", MD5OfBody: "d", Body: "hello", Attributes: { SenderId: "s" } };

describe("A record of an aws:sqs event", () => {
  it("has the message's parts under Lambda's names, in Lambda's order", () => {
    const attributes = {
      Weeks: { StringValue: "6", DataType: "Number" },
      Blob: { BinaryValue: "AAE=", DataType: "Binary.png" },
    };
    const record = sqsRecord({ ...RECEIVED, MD5OfMessageAttributes: "a", MessageAttributes: attributes }, ORIGIN);
    assert.equal(
      JSON.stringify(record),
      '{"messageId":"m","receiptHandle":"r","body":"hello","attributes":{"SenderId":"s"},"messageAttributes":{' +
        '"Weeks":{"stringValue":"6","stringListValues":[],"binaryListValues":[],"dataType":"Number"},' +
        '"Blob":{"binaryValue":"AAE=","stringListValues":[],"binaryListValues":[],"dataType":"Binary.png"}},' +
        '"md5OfMessageAttributes":"a","md5OfBody":"d","eventSource":"aws:sqs",' +
        '"eventSourceARN":"arn:aws:sqs:eu-west-1:000000000000:orders","awsRegion":"eu-west-1"}',
    );
  });

  it("has an empty mapping, and no digest, where the message has no attributes", () => {
    const record = sqsRecord(RECEIVED, ORIGIN);
    assert.deepEqual(record["messageAttributes"], {});
    assert.ok(!Object.hasOwn(record, "md5OfMessageAttributes"));
  });
});
