"""The queue of boto3's resource API against a router: `python3 boto3-sqs-resource.py URL`. Prints `ok`."""

import sys

import boto3

access = dict(region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
sqs = boto3.resource("sqs", endpoint_url=sys.argv[1], **access)

queue = sqs.get_queue_by_name(QueueName="orders")
assert queue.attributes["VisibilityTimeout"] == "30", queue.attributes
assert [each.url for each in sqs.queues.all()] == [queue.url]

attributes = {"colour": {"DataType": "String", "StringValue": "red"}}
queue.send_message(MessageBody="one", MessageAttributes=attributes)
sent = queue.send_messages(Entries=[{"Id": each, "MessageBody": each} for each in ("two", "three")])
assert len(sent["Successful"]) == 2, sent

messages = queue.receive_messages(MaxNumberOfMessages=10, MessageAttributeNames=["All"], WaitTimeSeconds=1)
assert [each.body for each in messages] == ["one", "two", "three"], messages
assert messages[0].message_attributes["colour"]["StringValue"] == "red"
messages[0].delete()
messages[1].change_visibility(VisibilityTimeout=0)
[again] = queue.receive_messages(AttributeNames=["ApproximateReceiveCount"])
assert (again.body, again.attributes["ApproximateReceiveCount"]) == ("two", "2")
entries = [{"Id": str(at), "ReceiptHandle": each.receipt_handle} for at, each in enumerate((again, messages[2]))]
assert len(queue.delete_messages(Entries=entries)["Successful"]) == 2
queue.purge()
queue.reload()
assert queue.attributes["ApproximateNumberOfMessages"] == "0"
print("ok")
