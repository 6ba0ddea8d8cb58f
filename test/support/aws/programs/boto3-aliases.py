"""Calls the operations of the Lambda API on versions and aliases with boto3, and prints the names of those that were called.

An answer that is not expected ends the program with an error. Usage: python3 boto3-aliases.py URL
"""
import json
import sys

import boto3

client = boto3.client("lambda", endpoint_url=sys.argv[1])
called = []
ARN = "arn:aws:lambda:us-east-1:000000000000:function:prices"


def call(operation, **request):
    """Calls an operation, and returns its answer."""
    called.append(client.meta.method_to_api_mapping[operation])
    return getattr(client, operation)(FunctionName="prices", **request)


def check(what, actual, expected):
    assert actual == expected, f"{what}: expected {expected}, got {actual}"


def fails(operation, code, message, status=400, **request):
    """Calls an operation that is to fail so."""
    try:
        getattr(client, operation)(FunctionName="prices", **request)
    except client.exceptions.ClientError as error:
        answer = error.response
        got = (answer["Error"]["Code"], answer["Error"]["Message"], answer["ResponseMetadata"]["HTTPStatusCode"])
        check(operation, got, (code, message, status))
        return
    raise AssertionError(f"{operation} did not fail")


versions = [each["Version"] for each in call("list_versions_by_function")["Versions"]]
check("versions", versions, ["$LATEST", "1", "2"])
check("qualified", call("get_function_configuration", Qualifier="2")["FunctionArn"], f"{ARN}:2")

made = call("create_alias", Name="beta", FunctionVersion="2", Description="to be tried")
check("status", made["ResponseMetadata"]["HTTPStatusCode"], 201)
check("made", (made["AliasArn"], made["FunctionVersion"], made["Description"]), (f"{ARN}:beta", "2", "to be tried"))
fails("create_alias", "ResourceConflictException", f"Alias already exists: {ARN}:beta", 409, Name="beta", FunctionVersion="1")
fails("create_alias", "ResourceNotFoundException", f"Function not found: {ARN}:9", 404, Name="gamma", FunctionVersion="9")
weights = {"AdditionalVersionWeights": {"1": 0.5}}
shared = call("update_alias", Name="beta", RoutingConfig=weights, RevisionId=made["RevisionId"])
check("shared", shared["RoutingConfig"], weights)
fails(
    "update_alias",
    "PreconditionFailedException",
    "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
    412,
    Name="beta",
    RevisionId=made["RevisionId"],
)
got = call("get_alias", Name="beta")
check("got", (got["RoutingConfig"], got["RevisionId"]), (weights, shared["RevisionId"]))
check("cleared", "RoutingConfig" in call("update_alias", Name="beta", RoutingConfig={}), False)
fails("update_alias", "ResourceNotFoundException", f"Alias not found: {ARN}:none", 404, Name="none", FunctionVersion="1")
wrong = "InvalidParameterValueException"
two = {"AdditionalVersionWeights": {"1": 0.1, "2": 0.1}}
fails("update_alias", wrong, "Number of items in AdditionalVersionWeights cannot be greater than 1", Name="beta", RoutingConfig=two)
own = {"AdditionalVersionWeights": {"2": 0.1}}
text = "Invalid function version 2. Function version 2 is already included in routing configuration."
fails("update_alias", wrong, text, Name="beta", RoutingConfig=own)
text = "$LATEST is not supported for an alias pointing to more than 1 version"
fails("update_alias", wrong, text, Name="beta", FunctionVersion="$LATEST", RoutingConfig=weights)
heavy = {"AdditionalVersionWeights": {"1": 2.0}}
bounds = "Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0"
where = "Value '{1=2.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint"
text = f"1 validation error detected: {where}: Map value must satisfy constraint: [{bounds}, Member must not be null]"
fails("update_alias", "ValidationException", text, Name="beta", RoutingConfig=heavy)
names = [each["Name"] for each in call("list_aliases")["Aliases"]]
check("names", names, ["beta", "live"])
answer = client.invoke(FunctionName="prices:beta", Payload=b"{}")
check("executed", answer["ExecutedVersion"], "2")
check("deleted", call("delete_alias", Name="beta")["ResponseMetadata"]["HTTPStatusCode"], 204)
check("again", call("delete_alias", Name="beta")["ResponseMetadata"]["HTTPStatusCode"], 204)
fails("get_alias", "ResourceNotFoundException", f"Cannot find alias arn: {ARN}:beta", 404, Name="beta")
print(json.dumps({"called": called, "model": client.meta.service_model.operation_names}))
