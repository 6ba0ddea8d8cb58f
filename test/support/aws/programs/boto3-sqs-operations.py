"""Calls every operation of the SQS API with boto3, and prints the names of those that were called.

An answer that is not expected ends the program with an error. Older ones speak the query protocol, and know no move tasks.
Usage: python3 boto3-sqs-operations.py URL
"""
import json
import sys
import time

import boto3

client = boto3.client("sqs", endpoint_url=sys.argv[1])
model = client.meta.service_model.operation_names
called = []
ARN = "arn:aws:sqs:us-east-1:000000000000"
# Several programs may make queues at one router.
ORDERS, DEAD = [f"{name}-{time.time_ns()}" for name in ("orders", "dead")]


def call(operation, **request):
    """Calls an operation, and returns its answer."""
    called.append(client.meta.method_to_api_mapping[operation])
    return getattr(client, operation)(**request)


def check(what, actual, expected):
    assert actual == expected, f"{what}: expected {expected}, got {actual}"


def bodies(url, **request):
    """The bodies of the messages that a receive answers with."""
    messages = call("receive_message", QueueUrl=url, MaxNumberOfMessages=10, **request).get("Messages", [])
    return [each["Body"] for each in messages]


dead = call("create_queue", QueueName=DEAD)["QueueUrl"]
policy = json.dumps({"deadLetterTargetArn": f"{ARN}:{DEAD}", "maxReceiveCount": 1})
orders = call("create_queue", QueueName=ORDERS, Attributes={"RedrivePolicy": policy}, tags={"a": "1"})["QueueUrl"]
check("QueueUrl", call("get_queue_url", QueueName=ORDERS)["QueueUrl"], orders)
check("QueueUrls", call("list_queues", QueueNamePrefix=ORDERS)["QueueUrls"], [orders])
check("sources", call("list_dead_letter_source_queues", QueueUrl=dead)["queueUrls"], [orders])
call("set_queue_attributes", QueueUrl=orders, Attributes={"VisibilityTimeout": "45"})
attributes = call("get_queue_attributes", QueueUrl=orders, AttributeNames=["All"])["Attributes"]
check("VisibilityTimeout", attributes["VisibilityTimeout"], "45")
check("QueueArn", attributes["QueueArn"], f"{ARN}:{ORDERS}")
call("tag_queue", QueueUrl=orders, Tags={"b": "2"})
call("untag_queue", QueueUrl=orders, TagKeys=["a"])
check("Tags", call("list_queue_tags", QueueUrl=orders)["Tags"], {"b": "2"})
call("add_permission", QueueUrl=orders, Label="l", AWSAccountIds=["111122223333"], Actions=["SendMessage"])
given = client.get_queue_attributes(QueueUrl=orders, AttributeNames=["Policy"])["Attributes"]["Policy"]
check("Sid", json.loads(given)["Statement"][0]["Sid"], "l")
call("remove_permission", QueueUrl=orders, Label="l")
check("Policy", "Attributes" in client.get_queue_attributes(QueueUrl=orders, AttributeNames=["Policy"]), False)

call("send_message", QueueUrl=orders, MessageBody="one")
# At one a second a task takes so long that it can be seen and cancelled.
others = [f"m-{n}" for n in range(9)]
call("send_message_batch", QueueUrl=orders, Entries=[{"Id": each, "MessageBody": each} for each in others])
check("received", bodies(orders, VisibilityTimeout=0), ["one", *others])
check("received too often", bodies(orders), [])
dead_counts = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["ApproximateNumberOfMessages"])
check("dead letters", dead_counts["Attributes"], {"ApproximateNumberOfMessages": "10"})

if "StartMessageMoveTask" in model:
    source = f"{ARN}:{DEAD}"
    handle = call("start_message_move_task", SourceArn=source, MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    [running] = call("list_message_move_tasks", SourceArn=source)["Results"]
    check("a task that runs", (running["Status"], running["TaskHandle"]), ("RUNNING", handle))
    call("cancel_message_move_task", TaskHandle=handle)
    until = time.monotonic() + 60
    while client.list_message_move_tasks(SourceArn=source)["Results"][0]["Status"] != "CANCELLED":
        assert time.monotonic() < until, "it is not cancelled"
        time.sleep(0.05)
    client.start_message_move_task(SourceArn=source)
    while (task := client.list_message_move_tasks(SourceArn=source)["Results"][0])["Status"] == "RUNNING":
        assert time.monotonic() < until, "it does not end"
        time.sleep(0.05)
    check("the task", task["Status"], "COMPLETED")
    check("moved", sorted(bodies(orders, VisibilityTimeout=0)), [*others, "one"])
    try:
        client.start_message_move_task(SourceArn=f"{ARN}:{ORDERS}")
        raise AssertionError("it is no dead-letter queue")
    except client.exceptions.ClientError as error:
        check("Code", error.response["Error"]["Code"], "InvalidParameterValue")
    try:
        client.list_message_move_tasks(SourceArn=f"{ARN}:none")
        raise AssertionError("there is no such queue")
    except client.exceptions.ResourceNotFoundException:
        pass

call("purge_queue", QueueUrl=dead)
for body in ("three", "four"):
    client.send_message(QueueUrl=dead, MessageBody=body)
[three, four] = client.receive_message(QueueUrl=dead, MaxNumberOfMessages=10)["Messages"]
call("change_message_visibility", QueueUrl=dead, ReceiptHandle=three["ReceiptHandle"], VisibilityTimeout=60)
changes = [{"Id": "a", "ReceiptHandle": four["ReceiptHandle"], "VisibilityTimeout": 60}]
check("changed", len(call("change_message_visibility_batch", QueueUrl=dead, Entries=changes)["Successful"]), 1)
call("delete_message", QueueUrl=dead, ReceiptHandle=three["ReceiptHandle"])
deleted = [{"Id": "a", "ReceiptHandle": four["ReceiptHandle"]}]
check("deleted", len(call("delete_message_batch", QueueUrl=dead, Entries=deleted)["Successful"]), 1)
for url in (orders, dead):
    call("delete_queue", QueueUrl=url)
check("none is left", client.list_queues(QueueNamePrefix=ORDERS).get("QueueUrls"), None)
print(json.dumps({"called": sorted(set(called)), "model": model}))
