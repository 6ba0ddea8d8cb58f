"""Calls every operation of the Lambda API on event source mappings with boto3, and prints the names of those that were called.

An answer that is not expected ends the program with an error. Usage: python3 boto3-lambda.py URL
"""
import json
import sys

import boto3

client = boto3.client("lambda", endpoint_url=sys.argv[1])
called = []
ARN = "arn:aws:sqs:us-east-1:000000000000:work"


def call(operation, **request):
    """Calls an operation, and returns its answer."""
    called.append(client.meta.method_to_api_mapping[operation])
    return getattr(client, operation)(**request)


def check(what, actual, expected):
    assert actual == expected, f"{what}: expected {expected}, got {actual}"


filters = {"Filters": [{"Pattern": '{"body":{"kind":["order"]}}'}]}
made = call(
    "create_event_source_mapping",
    EventSourceArn=ARN,
    FunctionName="f",
    BatchSize=5,
    FilterCriteria=filters,
    FunctionResponseTypes=["ReportBatchItemFailures"],
    ScalingConfig={"MaximumConcurrency": 2},
    Tags={"a": "1"},
)
uuid = made["UUID"]
check("status", made["ResponseMetadata"]["HTTPStatusCode"], 202)
check("State", made["State"], "Creating")
got = call("get_event_source_mapping", UUID=uuid)
check("State", got["State"], "Enabled")
check("FilterCriteria", got["FilterCriteria"], filters)
check("FunctionArn", got["FunctionArn"], "arn:aws:lambda:us-east-1:000000000000:function:f")
listed = call("list_event_source_mappings", FunctionName="f", EventSourceArn=ARN)
check("EventSourceMappings", [each["UUID"] for each in listed["EventSourceMappings"]], [uuid])
check("State", call("update_event_source_mapping", UUID=uuid, Enabled=False)["State"], "Disabling")
check("State", client.get_event_source_mapping(UUID=uuid)["State"], "Disabled")
call("tag_resource", Resource=made["EventSourceMappingArn"], Tags={"b": "2"})
call("untag_resource", Resource=made["EventSourceMappingArn"], TagKeys=["a"])
check("Tags", call("list_tags", Resource=made["EventSourceMappingArn"])["Tags"], {"b": "2"})
try:
    client.create_event_source_mapping(EventSourceArn=ARN, FunctionName="f")
    raise AssertionError("a second one was made")
except client.exceptions.ResourceConflictException as error:
    check("message", error.response["Error"]["Message"].endswith(uuid), True)
check("State", call("delete_event_source_mapping", UUID=uuid)["State"], "Deleting")
try:
    client.get_event_source_mapping(UUID=uuid)
    raise AssertionError("it is still there")
except client.exceptions.ResourceNotFoundException as error:
    check("message", error.response["Error"]["Message"], "The resource you requested does not exist.")

names = client.meta.service_model.operation_names
model = [name for name in names if "EventSourceMapping" in name or name in ("ListTags", "TagResource", "UntagResource")]
print(json.dumps({"called": sorted(set(called)), "model": model}))
