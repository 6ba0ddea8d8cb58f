"""A Celery application on a router's queues, for its worker and for celery-sqs.py. BUSBAR_URL is the router's address."""
import os
from urllib.parse import urlparse

from celery import Celery

url = os.environ["BUSBAR_URL"]
queues = ["tasks", "tasks-other"]
app = Celery("shop", broker=f"sqs://test:test@{urlparse(url).netloc}")
app.conf.update(
    task_default_queue="tasks",
    task_ignore_result=True,
    task_acks_late=True,
    # A worker otherwise makes a queue of its own for remote control, and sends events of itself, which SQS has no use for.
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    broker_transport_options={
        "region": "us-east-1",
        "is_secure": False,
        "visibility_timeout": 60,
        "wait_time_seconds": 1,
        "polling_interval": 0.1,
        "predefined_queues": {
            name: {"url": f"{url}/000000000000/{name}", "access_key_id": "test", "secret_access_key": "test"}
            for name in queues
        },
    },
)
failures = {"left": 1}


def note(text):
    print(f"handled {text}", flush=True)


@app.task
def ship(order):
    note(f"ship {order}")


@app.task(bind=True, default_retry_delay=1, max_retries=2)
def flaky(self, order):
    if failures["left"] > 0:
        failures["left"] -= 1
        note(f"failed {order}")
        raise self.retry()
    note(f"flaky {order}")


@app.task(queue="tasks-other")
def bill(order):
    note(f"bill {order}")
