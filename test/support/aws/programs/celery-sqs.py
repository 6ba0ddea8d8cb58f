"""Celery's tasks through a router's queues, with a worker of its own: `BUSBAR_URL=… python3 celery-sqs.py`. Prints `ok`."""

import os
import subprocess
import sys
import threading
import time

import boto3
import celery_app

LINES = []
OPTIONS = "--pool solo --queues tasks,tasks-other --loglevel WARNING --without-gossip --without-mingle"
COMMAND = [sys.executable, "-m", "celery", "-A", "celery_app", "worker", *OPTIONS.split()]


def start():
    folder = os.path.dirname(os.path.abspath(__file__))
    worker = subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder)
    threading.Thread(target=lambda: LINES.extend(iter(worker.stdout.readline, "")), daemon=True).start()
    return worker


def handled(text, count=1):
    """Waits until the worker has handled a task so often."""
    wanted = f"handled {text}"
    until = time.monotonic() + 60
    while sum(wanted in line for line in LINES) < count:
        assert time.monotonic() < until, f"not within 60 s: {wanted}\n{''.join(LINES)}"
        time.sleep(0.05)


def settled():
    """Waits until the worker has acknowledged everything: it does so after a task has ended."""
    sqs = boto3.client(
        "sqs",
        endpoint_url=celery_app.url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    until = time.monotonic() + 60
    for queue in celery_app.queues:
        while True:
            asked = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
            if all(asked[f"ApproximateNumberOfMessages{kind}"] == "0" for kind in ("", "NotVisible", "Delayed")):
                break
            assert time.monotonic() < until, asked
            time.sleep(0.1)


worker = start()
try:
    celery_app.ship.delay("o-1")
    celery_app.bill.delay("o-2")
    celery_app.flaky.delay("o-3")
    celery_app.ship.apply_async(("o-4",), countdown=2)
    handled("ship o-1")
    handled("bill o-2")
    handled("failed o-3")
    handled("flaky o-3")
    handled("ship o-4")
    for order in range(20):
        celery_app.ship.delay(f"many-{order}")
    for order in range(20):
        handled(f"ship many-{order}\n")
    settled()
finally:
    worker.terminate()
    worker.wait(60)
assert sum("handled ship o-1\n" in line for line in LINES) == 1, "".join(LINES)
print("ok")
