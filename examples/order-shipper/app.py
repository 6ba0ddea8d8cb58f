"""Ships the orders of an SQS queue: an ordinary AWS Lambda handler, as every tutorial shows it.

The event has a batch of messages, `Records`, each with an order as JSON in its `body`. The answer says which of them
failed ("ReportBatchItemFailures"): those come again, and the others are deleted.
"""

import json


def lambda_handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            ship(json.loads(record["body"]))
        except Exception as error:
            print(f"message {record['messageId']} failed: {error!r}")
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def ship(order):
    print(f"shipping order {order['orderId']}")
