"""What a program with boto3 does with a FIFO queue; says `ok` when it was answered as on AWS. Arguments: the endpoint."""

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
attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
url = client.create_queue(QueueName="orders.fifo", Attributes=attributes)["QueueUrl"]
first = client.send_message(QueueUrl=url, MessageBody="a1", MessageGroupId="a")
again = client.send_message(QueueUrl=url, MessageBody="a1", MessageGroupId="a")
assert again["MessageId"] == first["MessageId"], again
assert again["SequenceNumber"] == first["SequenceNumber"], again
entries = [
    {"Id": body, "MessageBody": body, "MessageGroupId": body[0]} for body in ("b1", "a2", "a3")
]
batch = client.send_message_batch(QueueUrl=url, Entries=entries)["Successful"]
assert all(each["SequenceNumber"] > first["SequenceNumber"] for each in batch), batch


def receive(**more):
    answer = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"], **more)
    return answer.get("Messages", [])


messages = receive(ReceiveRequestAttemptId="one")
assert [each["Body"] for each in messages] == ["a1", "a2", "a3", "b1"], messages
assert messages[0]["Attributes"]["MessageGroupId"] == "a", messages
assert messages[0]["Attributes"]["SequenceNumber"] == first["SequenceNumber"], messages
handles = [each["ReceiptHandle"] for each in messages]
assert [each["ReceiptHandle"] for each in receive(ReceiveRequestAttemptId="one")] == handles
client.send_message(QueueUrl=url, MessageBody="a4", MessageGroupId="a")
assert receive() == []
client.delete_message_batch(
    QueueUrl=url, Entries=[{"Id": str(at), "ReceiptHandle": handle} for at, handle in enumerate(handles)]
)
[last] = receive(WaitTimeSeconds=5)
assert last["Body"] == "a4", last
client.change_message_visibility(QueueUrl=url, ReceiptHandle=last["ReceiptHandle"], VisibilityTimeout=0)
try:
    client.delete_message(QueueUrl=url, ReceiptHandle=last["ReceiptHandle"])
    raise AssertionError("the handle has expired")
except client.exceptions.ClientError as error:
    assert "The receipt handle has expired." in error.response["Error"]["Message"], error
try:
    client.send_message(QueueUrl=url, MessageBody="1", MessageGroupId="a", DelaySeconds=1)
    raise AssertionError("a FIFO queue delays no single message")
except client.exceptions.ClientError as error:
    assert error.response["Error"]["Code"] in ("InvalidParameterValue", "InvalidParameterValueException"), error
print("ok")
