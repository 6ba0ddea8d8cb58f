"""Calls every operation of the EventBridge API with boto3, as its users do, and prints the names of those that were called.

An answer that is not expected ends the program with an error. Usage: python3 events.py URL
"""
import datetime
import json
import sys

import boto3
from botocore.exceptions import ClientError

ACCOUNT = "arn:aws:events:us-east-1:000000000000"
BUS = f"{ACCOUNT}:event-bus/default"
SOURCE = "aws.partner/example.com/shop"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:work"

client = boto3.client("events", endpoint_url=sys.argv[1])
called = []


def call(operation, expected_error=None, **request):
    """Calls an operation, and returns its answer. An expected error must come, and is compared by its code."""
    called.append(client.meta.method_to_api_mapping[operation])
    try:
        answer = getattr(client, operation)(**request)
    except ClientError as error:
        assert error.response["Error"]["Code"] == expected_error, f"{operation}: {error}"
        return None
    assert expected_error is None, f"{operation} must fail with {expected_error}"
    return answer


def check(what, actual, expected):
    assert actual == expected, f"{what}: expected {expected}, got {actual}"


def rules_and_targets():
    pattern = json.dumps({"source": ["boto3"]})
    arn = call("put_rule", Name="r", EventPattern=pattern, Tags=[{"Key": "a", "Value": "1"}])["RuleArn"]
    check("EventPattern", call("describe_rule", Name="r")["EventPattern"], pattern)
    check("FailedEntryCount", call("put_targets", Rule="r", Targets=[{"Id": "t", "Arn": QUEUE}])["FailedEntryCount"], 0)
    check("Targets", call("list_targets_by_rule", Rule="r")["Targets"], [{"Id": "t", "Arn": QUEUE}])
    check("RuleNames", call("list_rule_names_by_target", TargetArn=QUEUE)["RuleNames"], ["r"])
    check("Rules", [rule["Name"] for rule in call("list_rules")["Rules"]], ["r"])
    call("disable_rule", Name="r")
    check("State", client.describe_rule(Name="r")["State"], "DISABLED")
    call("enable_rule", Name="r")
    call("tag_resource", ResourceARN=arn, Tags=[{"Key": "b", "Value": "2"}])
    call("untag_resource", ResourceARN=arn, TagKeys=["a"])
    check("Tags", call("list_tags_for_resource", ResourceARN=arn)["Tags"], [{"Key": "b", "Value": "2"}])
    call("remove_targets", Rule="r", Ids=["t"])
    call("delete_rule", Name="r")
    call("describe_rule", "ResourceNotFoundException", Name="r")


def events():
    entry = {"Source": "boto3", "DetailType": "t", "Detail": "{}"}
    check("FailedEntryCount", call("put_events", Entries=[entry])["FailedEntryCount"], 0)
    event = {"id": "1", "account": "0", "source": "boto3", "time": "2026-01-02T03:04:05Z", "region": "r"}
    event = {**event, "resources": [], "detail-type": "t", "detail": {}}
    result = call("test_event_pattern", EventPattern='{"source":["boto3"]}', Event=json.dumps(event))["Result"]
    check("Result", result, True)


def buses():
    check("EventBusArn", call("create_event_bus", Name="b")["EventBusArn"], f"{ACCOUNT}:event-bus/b")
    check("Description", call("update_event_bus", Name="b", Description="d")["Description"], "d")
    assert isinstance(call("describe_event_bus", Name="b")["CreationTime"], datetime.datetime)
    check("EventBuses", [bus["Name"] for bus in call("list_event_buses")["EventBuses"]], ["b", "default"])
    call("put_permission", EventBusName="b", Action="events:PutEvents", Principal="*", StatementId="s")
    call("remove_permission", EventBusName="b", StatementId="s")
    call("delete_event_bus", Name="b")


def archives_and_replays():
    arn = call("create_archive", ArchiveName="a", EventSourceArn=BUS)["ArchiveArn"]
    call("update_archive", ArchiveName="a", RetentionDays=1)
    check("RetentionDays", call("describe_archive", ArchiveName="a")["RetentionDays"], 1)
    check("Archives", len(call("list_archives", NamePrefix="a")["Archives"]), 1)
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    window = {"EventStartTime": start, "EventEndTime": start + datetime.timedelta(hours=1)}
    call("start_replay", ReplayName="p", EventSourceArn=arn, Destination={"Arn": BUS}, **window)
    check("EventStartTime", call("describe_replay", ReplayName="p")["EventStartTime"], start)
    check("Replays", [replay["ReplayName"] for replay in call("list_replays")["Replays"]], ["p"])
    call("cancel_replay", "ResourceNotFoundException", ReplayName="none")
    # An archive is not deleted while a replay of it runs, so another one is.
    client.create_archive(ArchiveName="unread", EventSourceArn=BUS)
    call("delete_archive", ArchiveName="unread")


def connections_and_api_destinations():
    basic = {"BasicAuthParameters": {"Username": "u", "Password": "p"}}
    arn = call("create_connection", Name="c", AuthorizationType="BASIC", AuthParameters=basic)["ConnectionArn"]
    call("update_connection", Name="c", Description="d")
    shown = call("describe_connection", Name="c")
    check("AuthParameters", shown["AuthParameters"], {"BasicAuthParameters": {"Username": "u"}})
    check("Connections", len(call("list_connections")["Connections"]), 1)
    call("create_api_destination", Name="d", ConnectionArn=arn, InvocationEndpoint="https://a.example", HttpMethod="PUT")
    call("update_api_destination", Name="d", InvocationRateLimitPerSecond=5)
    check("Rate", call("describe_api_destination", Name="d")["InvocationRateLimitPerSecond"], 5)
    check("ApiDestinations", len(call("list_api_destinations")["ApiDestinations"]), 1)
    call("delete_api_destination", Name="d")
    call("deauthorize_connection", Name="c")
    call("delete_connection", Name="c")


def what_is_never_there():
    check("Endpoints", call("list_endpoints")["Endpoints"], [])
    routing = {
        "FailoverConfig": {
            "Primary": {"HealthCheck": "arn:aws:route53:::healthcheck/1"},
            "Secondary": {"Route": "us-west-2"},
        }
    }
    two = [{"EventBusArn": BUS}, {"EventBusArn": BUS}]
    call("create_endpoint", "OperationDisabledException", Name="e", RoutingConfig=routing, EventBuses=two)
    for operation in ("describe_endpoint", "update_endpoint", "delete_endpoint"):
        call(operation, "ResourceNotFoundException", Name="e")
    check("EventSources", call("list_event_sources")["EventSources"], [])
    check("Sources", call("list_partner_event_sources", NamePrefix=f"{SOURCE}/")["PartnerEventSources"], [])
    for operation in (
        "describe_event_source",
        "activate_event_source",
        "deactivate_event_source",
        "describe_partner_event_source",
    ):
        call(operation, "ResourceNotFoundException", Name=SOURCE)
    call("list_partner_event_source_accounts", "ResourceNotFoundException", EventSourceName=SOURCE)
    for operation in ("create_partner_event_source", "delete_partner_event_source"):
        call(operation, "OperationDisabledException", Name=SOURCE, Account="000000000000")
    call("put_partner_events", "OperationDisabledException", Entries=[{"Source": SOURCE}])


rules_and_targets()
events()
buses()
archives_and_replays()
connections_and_api_destinations()
what_is_never_there()
print(json.dumps({"called": sorted(set(called)), "model": client.meta.service_model.operation_names}))
