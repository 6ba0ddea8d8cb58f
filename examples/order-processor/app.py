"""Processes an order: an ordinary AWS Lambda handler, as every tutorial shows it.

The event is an order, {"orderId": "o-1", "total": 120, "customer": "Ada"}. Two kinds of order fail, to show what
becomes of a failure: a total over CREDIT_LIMIT_EUR, and any order with "fail": true.
"""

CREDIT_LIMIT_EUR = 1000


def lambda_handler(event, context):
    order_id, total = event["orderId"], event["total"]
    print(f"{context.aws_request_id} processing order {order_id} over {total} EUR")

    if event.get("fail"):
        raise ValueError(f"Order {order_id} asked to fail")
    if total > CREDIT_LIMIT_EUR:
        raise ValueError(f"Order {order_id}: {total} EUR is over the credit limit of {CREDIT_LIMIT_EUR} EUR")

    return {
        "orderId": order_id,
        "status": "PROCESSED",
        "customer": event.get("customer"),
        "requestId": context.aws_request_id,
    }
