"""What a program with boto3 does with a queue; says `ok` when it was answered as on AWS. Arguments: the endpoint."""

import sys

import boto3
from botocore.config import Config

client = boto3.client(
    "sqs",
    endpoint_url=sys.argv[1],
    region_name="us-east-1",
    aws_access_key_id="test",
    aws_secret_access_key="test",
    config=Config(retries={"max_attempts": 1}),
)
url = client.get_queue_url(QueueName="orders")["QueueUrl"]
assert url.startswith(sys.argv[1]), url
attributes = {
    "n": {"DataType": "Number", "StringValue": "6"},
    "b": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
}
# botocore compares the digests of bodies by itself.
sent = client.send_message(QueueUrl=url, MessageBody='h\u00e9llo "\r\n<&>', MessageAttributes=attributes)
received = client.receive_message(QueueUrl=url, WaitTimeSeconds=5, MessageAttributeNames=["All"], AttributeNames=["All"])
[message] = received["Messages"]
assert message["Body"] == 'h\u00e9llo "\r\n<&>', message
assert message["MessageAttributes"] == attributes, message
assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"], message
assert message["Attributes"]["ApproximateReceiveCount"] == "1", message
handle = message["ReceiptHandle"]
client.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
[again] = client.receive_message(QueueUrl=url)["Messages"]
assert again["ReceiptHandle"] != handle
client.delete_message(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"])
assert "Messages" not in client.receive_message(QueueUrl=url)
batch = client.send_message_batch(QueueUrl=url, Entries=[{"Id": "a", "MessageBody": "1"}, {"Id": "b", "MessageBody": "\x01"}])
assert [each["Id"] for each in batch["Successful"]] == ["a"], batch
assert batch["Failed"][0]["Code"] == "InvalidMessageContents", batch
counts = client.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
assert counts == {"ApproximateNumberOfMessages": "1"}, counts
try:
    client.get_queue_url(QueueName="nope")
    raise AssertionError("there is no such queue")
except client.exceptions.QueueDoesNotExist as error:
    code = error.response["Error"]["Code"]
    # Older ones know no header and give the type.
    assert code in ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"), code
client.purge_queue(QueueUrl=url)
print("ok")
