"""Invokes functions with boto3 in every way, and prints "as expected".

An answer that is not expected ends the program with an error. Usage: python3 boto3-invoke.py URL
"""
import base64
import json
import sys

import boto3
from botocore.config import Config

client = boto3.client("lambda", endpoint_url=sys.argv[1], config=Config(retries={"total_max_attempts": 1}))
ARN = "arn:aws:lambda:us-east-1:000000000000:function"


def check(what, actual, expected):
    assert actual == expected, f"{what}: expected {expected}, got {actual}"


context = base64.b64encode(json.dumps({"custom": {"a": "b"}}).encode()).decode()
for name in ("look", f"{ARN}:look", f"{ARN}:look:$LATEST"):
    answer = client.invoke(FunctionName=name, Payload=b'{"n":1}', LogType="Tail", ClientContext=context)
    check("StatusCode", answer["StatusCode"], 200)
    check("ExecutedVersion", answer["ExecutedVersion"], "$LATEST")
    assert "FunctionError" not in answer
    body = json.loads(answer["Payload"].read())
    check("seen", body["seen"], {"n": 1})
    check("clientContext", body["clientContext"], {"custom": {"a": "b"}})
    check("request id", body["awsRequestId"], answer["ResponseMetadata"]["RequestId"])
    assert "called as" in base64.b64decode(answer["LogResult"]).decode()

failed = client.invoke(FunctionName="look", Payload=b'{"fails":true}')
check("FunctionError", failed["FunctionError"], "Unhandled")
check("errorType", json.loads(failed["Payload"].read())["errorType"], "RangeError")
check("Event", client.invoke(FunctionName="web", InvocationType="Event")["StatusCode"], 202)
check("DryRun", client.invoke(FunctionName="web", InvocationType="DryRun")["StatusCode"], 204)

try:
    client.invoke(FunctionName="none")
    raise AssertionError("a function that is not there was called")
except client.exceptions.ResourceNotFoundException as error:
    check("message", error.response["Error"]["Message"], f"Function not found: {ARN}:none:$LATEST")
try:
    client.invoke(FunctionName="look", Payload=b"{")
    raise AssertionError("a payload that is no JSON was taken")
except client.exceptions.InvalidRequestContentException as error:
    assert error.response["Error"]["Message"].startswith("Could not parse request body into json: ")
try:
    client.invoke(FunctionName="look", Payload=b'"' + b"x" * 6291456 + b'"')
    raise AssertionError("a payload that is too long was taken")
except client.exceptions.ClientError as error:
    check("code", error.response["Error"]["Code"], "RequestEntityTooLargeException")
    check("status", error.response["ResponseMetadata"]["HTTPStatusCode"], 413)
print("as expected")
