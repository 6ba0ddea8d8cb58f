"""Kombu's SQS transport, which Celery uses, against a router: `python3 kombu-sqs.py HOST:PORT`. Prints `ok`."""

import socket
import sys
import time

from kombu import Connection

options = {
    "region": "us-east-1",
    "visibility_timeout": 2,
    "wait_time_seconds": 1,
    "polling_interval": 0.1,
    # Celery would make the queue; here a file has it.
    "predefined_queues": {"orders": {"url": f"http://{sys.argv[1]}/000000000000/orders"}},
}
with Connection(f"sqs://test:test@{sys.argv[1]}", transport_options={**options, "is_secure": False}) as connection:
    with connection.SimpleQueue("orders") as queue:
        queue.put({"task": "one"})
        message = queue.get(timeout=10)
        assert message.payload == {"task": "one"}, message.payload
        message.ack()

        queue.put({"task": "two"})
        queue.get(timeout=10).requeue()
        again = queue.get(timeout=10)
        assert again.payload == {"task": "two"}, again.payload
        again.ack()
        try:
            left = queue.get(timeout=2)
            raise AssertionError(left.payload)
        except (queue.Empty, socket.timeout):
            pass
print("ok")
