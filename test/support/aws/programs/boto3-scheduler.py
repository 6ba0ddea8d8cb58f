"""Calls every operation of the EventBridge Scheduler API with boto3, and prints the names of those that were called.

An answer that is not expected ends the program with an error. Usage: python3 scheduler.py URL
"""
import datetime
import json
import sys

import boto3

client = boto3.client("scheduler", endpoint_url=sys.argv[1])
called = []
TARGET = {"Arn": "arn:aws:sqs:us-east-1:000000000000:work", "RoleArn": "arn:aws:iam::000000000000:role/any"}
SCHEDULE = {"Name": "s", "GroupName": "g", "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": TARGET, "State": "DISABLED"}


def call(operation, **request):
    """Calls an operation, and returns its answer."""
    called.append(client.meta.method_to_api_mapping[operation])
    return getattr(client, operation)(**request)


def check(what, actual, expected):
    assert actual == expected, f"{what}: expected {expected}, got {actual}"


group = call("create_schedule_group", Name="g", Tags=[{"Key": "a", "Value": "1"}])["ScheduleGroupArn"]
check("State", call("get_schedule_group", Name="g")["State"], "ACTIVE")
check("ScheduleGroups", [each["Name"] for each in call("list_schedule_groups")["ScheduleGroups"]], ["default", "g"])
call("tag_resource", ResourceArn=group, Tags=[{"Key": "b", "Value": "2"}])
call("untag_resource", ResourceArn=group, TagKeys=["a"])
check("Tags", call("list_tags_for_resource", ResourceArn=group)["Tags"], [{"Key": "b", "Value": "2"}])

start = datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc)
call("create_schedule", ScheduleExpression="rate(1 day)", StartDate=start, **SCHEDULE)
check("StartDate", call("get_schedule", Name="s", GroupName="g")["StartDate"], start)
call("update_schedule", ScheduleExpression="rate(2 days)", **SCHEDULE)
schedule = client.get_schedule(Name="s", GroupName="g")
check("ScheduleExpression", schedule["ScheduleExpression"], "rate(2 days)")
check("Schedules", [each["Name"] for each in call("list_schedules", GroupName="g")["Schedules"]], ["s"])
call("delete_schedule", Name="s", GroupName="g")
call("delete_schedule_group", Name="g")
print(json.dumps({"called": sorted(set(called)), "model": client.meta.service_model.operation_names}))
