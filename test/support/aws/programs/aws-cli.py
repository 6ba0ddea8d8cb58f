"""Gives every command of `aws events`, `aws scheduler` and `aws sqs`, and those of `aws lambda` on event source mappings, as its users do, and prints those that were given.

All are run in this one process, by what `aws` itself calls. A command that ends otherwise than expected ends the program with
an error. Usage: python3 aws-cli.py URL
"""
import contextlib
import io
import json
import shlex
import sys

from awscli.clidriver import create_clidriver
from botocore import xform_name

ARN = "arn:aws:events:us-east-1:000000000000"
SQS = "arn:aws:sqs:us-east-1:000000000000"
BUS = f"{ARN}:event-bus/default"
GROUP = "arn:aws:scheduler:us-east-1:000000000000:schedule-group/g"
MAPPING = "arn:aws:lambda:us-east-1:000000000000:event-source-mapping:"
TARGET = "Arn=arn:aws:sqs:us-east-1:000000000000:work"
SCHEDULE = f"--name s --group-name g --flexible-time-window Mode=OFF --target {TARGET},RoleArn=arn:aws:iam::000000000000:role/any"
SOURCE = "aws.partner/example.com/shop"

# A command for each line. The CLI would fetch an address that begins with https://, so the endpoint has none. One that begins with an error's code must fail with it.
# An archive is not deleted while a replay of it runs, so the one that is deleted is another.
COMMANDS = f"""
events put-events --entries '[{{"Source":"cli","DetailType":"t","Detail":"{{}}"}}]'
events put-rule --name r --event-pattern '{{"source":["cli"]}}'
events describe-rule --name r
events disable-rule --name r
events enable-rule --name r
events list-rules
events put-targets --rule r --targets Id=t,{TARGET}
events list-targets-by-rule --rule r
events list-rule-names-by-target --target-arn {TARGET[4:]}
events tag-resource --resource-arn {ARN}:rule/r --tags Key=a,Value=1
events list-tags-for-resource --resource-arn {ARN}:rule/r
events untag-resource --resource-arn {ARN}:rule/r --tag-keys a
events remove-targets --rule r --ids t
events delete-rule --name r
events test-event-pattern --event-pattern '{{"source":["cli"]}}' --event '{{"id":"1","account":"0","source":"cli","time":"2026-01-02T03:04:05Z","region":"r","resources":[],"detail-type":"t","detail":{{}}}}'
events create-event-bus --name b
events update-event-bus --name b --description d
events describe-event-bus --name b
events list-event-buses
events put-permission --event-bus-name b --action events:PutEvents --principal 111122223333 --statement-id s
events remove-permission --event-bus-name b --statement-id s
events delete-event-bus --name b
events create-archive --archive-name unread --event-source-arn {BUS}
events delete-archive --archive-name unread
events create-archive --archive-name a --event-source-arn {BUS}
events update-archive --archive-name a --retention-days 1
events describe-archive --archive-name a
events list-archives
events start-replay --replay-name p --event-source-arn {ARN}:archive/a --event-start-time 2026-01-01T00:00:00Z --event-end-time 2026-01-01T01:00:00Z --destination Arn={BUS}
events describe-replay --replay-name p
events list-replays
ResourceNotFoundException events cancel-replay --replay-name none
events create-connection --name c --authorization-type API_KEY --auth-parameters ApiKeyAuthParameters={{ApiKeyName=k,ApiKeyValue=v}}
events update-connection --name c --description d
events describe-connection --name c
events list-connections
events create-api-destination --name d --connection-arn CONNECTION --invocation-endpoint a.example/hook --http-method PUT
events update-api-destination --name d --invocation-rate-limit-per-second 5
events describe-api-destination --name d
events list-api-destinations
events delete-api-destination --name d
events deauthorize-connection --name c
events delete-connection --name c
events list-endpoints
OperationDisabledException events create-endpoint --name e --event-buses EventBusArn={BUS} EventBusArn={BUS} --routing-config FailoverConfig={{Primary={{HealthCheck=arn:aws:route53:::healthcheck/1}},Secondary={{Route=us-west-2}}}}
ResourceNotFoundException events describe-endpoint --name e
ResourceNotFoundException events update-endpoint --name e
ResourceNotFoundException events delete-endpoint --name e
events list-event-sources
events list-partner-event-sources --name-prefix {SOURCE}/
ResourceNotFoundException events describe-event-source --name {SOURCE}
ResourceNotFoundException events activate-event-source --name {SOURCE}
ResourceNotFoundException events deactivate-event-source --name {SOURCE}
ResourceNotFoundException events describe-partner-event-source --name {SOURCE}
ResourceNotFoundException events list-partner-event-source-accounts --event-source-name {SOURCE}
OperationDisabledException events create-partner-event-source --name {SOURCE} --account 000000000000
OperationDisabledException events delete-partner-event-source --name {SOURCE} --account 000000000000
OperationDisabledException events put-partner-events --entries Source={SOURCE}
scheduler create-schedule-group --name g
scheduler get-schedule-group --name g
scheduler list-schedule-groups
scheduler tag-resource --resource-arn {GROUP} --tags Key=a,Value=1
scheduler list-tags-for-resource --resource-arn {GROUP}
scheduler untag-resource --resource-arn {GROUP} --tag-keys a
scheduler create-schedule --schedule-expression 'rate(1 day)' {SCHEDULE}
scheduler update-schedule --schedule-expression 'rate(2 days)' {SCHEDULE}
scheduler get-schedule --name s --group-name g
scheduler list-schedules
scheduler delete-schedule --name s --group-name g
scheduler delete-schedule-group --name g
sqs create-queue --queue-name dead
sqs create-queue --queue-name orders --attributes '{{"RedrivePolicy":"{{\\"deadLetterTargetArn\\":\\"{SQS}:dead\\",\\"maxReceiveCount\\":1}}"}}' --tags a=1
sqs get-queue-url --queue-name orders
sqs list-queues --queue-name-prefix ord
sqs list-dead-letter-source-queues --queue-url dead
sqs set-queue-attributes --queue-url orders --attributes VisibilityTimeout=45
sqs get-queue-attributes --queue-url orders --attribute-names All
sqs tag-queue --queue-url orders --tags b=2
sqs untag-queue --queue-url orders --tag-keys a
sqs list-queue-tags --queue-url orders
sqs add-permission --queue-url orders --label l --aws-account-ids 111122223333 --actions SendMessage
sqs remove-permission --queue-url orders --label l
sqs send-message --queue-url orders --message-body one
sqs send-message-batch --queue-url orders --entries {" ".join(f"Id={n},MessageBody=m" for n in range(9))}
sqs receive-message --queue-url orders --max-number-of-messages 10 --visibility-timeout 0
sqs receive-message --queue-url orders
sqs start-message-move-task --source-arn {SQS}:dead --max-number-of-messages-per-second 1
sqs list-message-move-tasks --source-arn {SQS}:dead
sqs cancel-message-move-task --task-handle HANDLE
ResourceNotFoundException sqs cancel-message-move-task --task-handle HANDLE
InvalidParameterValue sqs start-message-move-task --source-arn {SQS}:orders
sqs purge-queue --queue-url dead
sqs send-message --queue-url dead --message-body three
sqs send-message --queue-url dead --message-body four
sqs receive-message --queue-url dead
sqs change-message-visibility --queue-url dead --receipt-handle RECEIPT --visibility-timeout 60
sqs change-message-visibility-batch --queue-url dead --entries Id=a,ReceiptHandle=RECEIPT,VisibilityTimeout=60
sqs delete-message --queue-url dead --receipt-handle RECEIPT
sqs receive-message --queue-url dead
sqs delete-message-batch --queue-url dead --entries Id=a,ReceiptHandle=RECEIPT
sqs delete-queue --queue-url orders
sqs delete-queue --queue-url dead
lambda create-event-source-mapping --function-name f --event-source-arn {TARGET[4:]} --batch-size 5 --filter-criteria '{{"Filters":[{{"Pattern":"{{\\"body\\":{{\\"a\\":[1]}}}}"}}]}}'
ResourceConflictException lambda create-event-source-mapping --function-name f --event-source-arn {TARGET[4:]}
InvalidParameterValueException lambda create-event-source-mapping --function-name g --event-source-arn {TARGET[4:]}
lambda get-event-source-mapping --uuid UUID
lambda list-event-source-mappings --function-name f
lambda update-event-source-mapping --uuid UUID --no-enabled
lambda tag-resource --resource {MAPPING}UUID --tags a=1
lambda list-tags --resource {MAPPING}UUID
lambda untag-resource --resource {MAPPING}UUID --tag-keys a
lambda delete-event-source-mapping --uuid UUID
ResourceNotFoundException lambda get-event-source-mapping --uuid UUID
"""

driver = create_clidriver()


def run(words):
    """Gives a command. Returns its exit code, and what it printed on both streams."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = driver.main(["--endpoint-url", sys.argv[1], "--output", "json", *words])
        out.flush()
    return code, out.buffer.getvalue().decode(), err.getvalue()


given = []
# What a command names that another one was answered with.
answered = {}
for line in COMMANDS.strip().splitlines():
    for name, value in answered.items():
        line = line.replace(name, value)
    words = shlex.split(line)
    expected_error = words.pop(0) if words[0][0].isupper() else None
    code, printed, error = run(words)
    failed_as_expected = expected_error is not None and code != 0 and f"({expected_error})" in error
    if not failed_as_expected and (code != 0 or expected_error is not None):
        sys.exit(f"{line}\nended with {code}: {printed}{error}")
    if words[1] == "create-connection":
        answered["CONNECTION"] = json.loads(printed)["ConnectionArn"]
    if words[1] == "start-message-move-task" and printed:
        answered["HANDLE"] = json.loads(printed)["TaskHandle"]
    if words[1] == "receive-message" and printed:
        answered["RECEIPT"] = json.loads(printed)["Messages"][0]["ReceiptHandle"]
    if words[1] == "create-event-source-mapping" and code == 0:
        answered["UUID"] = json.loads(printed)["UUID"]
    given.append(f"{words[0]} {words[1]}")

# The operations of the Lambda API that are about mappings without saying so.
MAPPINGS = ("ListTags", "TagResource", "UntagResource")


def is_wanted(service, operation):
    """Whether an operation is to be called: of Lambda's, those on event source mappings."""
    return service != "lambda" or "EventSourceMapping" in operation or operation in MAPPINGS


SERVICES = ("events", "scheduler", "sqs", "lambda")
models = {name: driver.session.get_service_model(name).operation_names for name in SERVICES}
commands = [f"{name} {xform_name(each, '-')}" for name, names in models.items() for each in names if is_wanted(name, each)]
print(json.dumps({"called": sorted(set(given)), "model": commands}))
