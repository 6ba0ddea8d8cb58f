"""Runs an ordinary AWS Lambda handler as a local process.

    python3 runtimes/python/bootstrap.py examples/order-processor/app.lambda_handler

The handler (or the environment's _HANDLER) is `folder/module.function`, found below LAMBDA_TASK_ROOT or the
current folder. Invocations come from the Lambda Runtime API at AWS_LAMBDA_RUNTIME_API, one at a time, until
that API is gone. Names of errors, their bodies and the context object are those of AWS's own Python runtime, so
that a handler and its callers cannot tell the difference. Python 3.8 or newer, standard library only.
"""

import http.client
import importlib
import itertools
import json
import logging
import math
import os
import re
import signal
import sys
import time
import traceback
from decimal import Decimal
from types import SimpleNamespace

GIVE_UP_SECONDS = 5
PAUSE_SECONDS_MAX = 1


class Fault(Exception):
    """A failure that the runtime itself finds, reported under the name AWS has for it."""

    def __init__(self, error_type, message):
        super().__init__(message)
        self.error_type = error_type


class RuntimeApi:
    """The Runtime API over one keep-alive connection, which is made anew whenever it drops."""

    def __init__(self, address):
        # No time-out: a poll waits for as long as there is nothing to do.
        # A path behind the port holds the secret that the router asks for.
        host, slash, secret = address.partition("/")
        self.connection = http.client.HTTPConnection(host)
        self.prefix = slash + secret + "/2018-06-01/runtime"

    def next_invocation(self):
        status, headers, body = self._call("GET", "/invocation/next")
        if status != 200:
            sys.exit(f"the Runtime API answered {status} to a poll: {body.decode(errors='replace')}")
        return headers, body

    def post(self, path, body, headers):
        status, _, answer = self._call("POST", path, body, headers)
        # Refusals (an answer after the deadline, a body over 6 MB) are settled by the API, so the next poll is right.
        if status >= 300:
            print(f"the Runtime API answered {status} to {path}: {answer.decode(errors='replace')}", file=sys.stderr)

    def post_error(self, path, error):
        # A class may be named in any script, a header may not.
        error_type = error["errorType"].encode("ascii", "replace").decode()
        headers = {"Content-Type": "application/json", "Lambda-Runtime-Function-Error-Type": error_type}
        self.post(path, json.dumps(error).encode(), headers)

    def _call(self, method, path, body=None, headers=()):
        pause, give_up_at = 0.05, None
        while True:
            is_connected = self.connection.sock is not None
            try:
                if not is_connected:
                    self.connection.connect()
                    is_connected = True
                self.connection.request(method, self.prefix + path, body, dict(headers))
                response = self.connection.getresponse()
                return response.status, response.headers, response.read()
            except (OSError, http.client.HTTPException):
                # An idle connection may be closed at any moment, also just before it is written to. Sending an
                # answer twice is harmless: the API knows each invocation by its id and refuses the second.
                self.connection.close()
                # A poll cut off after an hour says nothing about the API; a connection that cannot be made does.
                # With the router gone there is nothing left to do for this process, and nobody to complain to.
                give_up_at = None if is_connected else give_up_at or time.monotonic() + GIVE_UP_SECONDS
                if give_up_at and time.monotonic() > give_up_at:
                    sys.exit(0)
                time.sleep(pause)
                pause = min(2 * pause, PAUSE_SECONDS_MAX)


class Context:
    """What a handler gets as `context`."""

    def __init__(self, headers):
        environment = os.environ.get
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers.get("Lambda-Runtime-Invoked-Function-Arn")
        self.function_name = environment("AWS_LAMBDA_FUNCTION_NAME")
        self.function_version = environment("AWS_LAMBDA_FUNCTION_VERSION")
        self.memory_limit_in_mb = environment("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.log_group_name = environment("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = environment("AWS_LAMBDA_LOG_STREAM_NAME")
        self.client_context = client_context(headers.get("Lambda-Runtime-Client-Context"))
        # Not Lambda's: the number of the attempt, from 1, of which a repetition has a higher one or the same.
        attempt = headers.get("Busbar-Attempt")
        self.busbar_attempt = int(attempt) if attempt else None
        # An object even when nobody is known, as on Lambda: handlers read its attributes without asking first.
        given = json.loads(headers.get("Lambda-Runtime-Cognito-Identity") or "{}")
        user, pool = given.get("cognitoIdentityId"), given.get("cognitoIdentityPoolId")
        self.identity = SimpleNamespace(cognito_identity_id=user, cognito_identity_pool_id=pool)
        self._deadline_ms = int(headers.get("Lambda-Runtime-Deadline-Ms") or 0)

    def get_remaining_time_in_millis(self):
        return max(self._deadline_ms - int(time.time() * 1000), 0)

    def log(self, message):
        # Lambda ends no line, but keeps each message apart, which is what lines are for here.
        print(message)


def client_context(text):
    if not text:
        return None
    given = json.loads(text)
    client = SimpleNamespace(**given.get("client") or {})
    return SimpleNamespace(custom=given.get("custom"), env=given.get("env"), client=client)


def load_handler(name):
    """The function that `folder/module.function` names; raises Fault, or whatever the module raises on import."""
    path, _, function = name.rpartition(".")
    if not path:
        raise Fault("Runtime.MalformedHandlerName", f"Bad handler '{name}': expected module.function")
    root = os.environ["LAMBDA_TASK_ROOT"]
    folder, _, module = path.rpartition("/")
    # The handler's folder is a root of its own, so that it finds its neighbours as it did when it was the whole
    # deployment. A folder that is a package is imported as one, so that its relative imports work.
    if folder and os.path.exists(os.path.join(root, folder, "__init__.py")):
        folder, module = "", os.path.normpath(path).replace("/", ".")
    # The first entry is this file's folder, in which no handler has any business.
    sys.path[:1] = [os.path.join(root, folder), root]
    try:
        loaded = importlib.import_module(module)
    except ImportError as problem:
        raise Fault("Runtime.ImportModuleError", f"Unable to import module '{path}': {problem}") from problem
    except SyntaxError as problem:
        raise Fault("Runtime.UserCodeSyntaxError", f"Syntax error in module '{path}': {problem}") from problem
    if not hasattr(loaded, function):
        raise Fault("Runtime.HandlerNotFound", f"Handler '{function}' missing on module '{path}'")
    return getattr(loaded, function)


def invoke(handler, headers, body):
    """Calls the handler once; returns its answer as bytes and their content type, or raises what went wrong."""
    try:
        event, context = json.loads(body), Context(headers)
    except ValueError as problem:
        raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {problem}") from problem
    result = handler(event, context)
    if isinstance(result, bytes):
        return result, "application/unknown"
    try:
        # NaN, which is no JSON, goes out as it does on Lambda: the call has succeeded, and its record holds the text.
        text = json.dumps(as_simplejson_reads(result), default=decimal_as_marked_text)
        return MARKED.sub(r"\1", text).encode(), "application/json"
    except Exception as problem:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {problem}") from problem


def as_simplejson_reads(value):
    """A result as AWS's encoder reads it, which Python's own does not: objects of named tuples, text of bytes."""
    if isinstance(value, dict):
        return {text_of_bytes(key): as_simplejson_reads(each) for key, each in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return as_simplejson_reads(value._asdict())
    if isinstance(value, (list, tuple)):
        return [as_simplejson_reads(each) for each in value]
    return text_of_bytes(value)


def text_of_bytes(value):
    return value.decode() if isinstance(value, bytes) else value


# Stands before a Decimal's digits until they lose their quotes. It is random, so no text of a handler's begins with it.
MARK = os.urandom(16).hex()
MARKED = re.compile(f'"{MARK}([^"]*)"')


def decimal_as_marked_text(value):
    """DynamoDB hands out Decimals, and AWS's runtime writes them as numbers, digit for digit. Others are refused."""
    if isinstance(value, Decimal):
        return math.nan if value.is_nan() else f"{MARK}{value}"
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def describe(problem, request_id=""):
    """An error's body in AWS's form, its stack starting in the handler. Logged too: a caller may keep it to itself."""
    frames = traceback.extract_tb(problem.__traceback__)
    theirs = itertools.dropwhile(lambda frame: frame.filename == describe.__code__.co_filename, frames)
    if isinstance(problem, Fault):
        error_type, stack_trace = problem.error_type, []
    else:
        error_type, stack_trace = type(problem).__name__, traceback.format_list(theirs)
    print(f"[ERROR] {error_type}: {problem}", "".join(stack_trace), sep="\n", end="", file=sys.stderr)
    return {"errorMessage": str(problem), "errorType": error_type, "requestId": request_id, "stackTrace": stack_trace}


def log_as_on_lambda(request_id):
    """Gives the root logger Lambda's handler: without one, `logger.info` of a tutorial's handler shows nothing."""
    output = logging.StreamHandler(sys.stdout)
    output.addFilter(lambda record: record.__dict__.update(aws_request_id=request_id()) or True)
    line = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"
    output.setFormatter(logging.Formatter(line, "%Y-%m-%dT%H:%M:%S"))
    output.formatter.converter = time.gmtime
    logging.getLogger().addHandler(output)


def main():
    handler_name = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("_HANDLER")
    address = os.environ.get("AWS_LAMBDA_RUNTIME_API")
    if not handler_name or not address:
        sys.exit("usage: AWS_LAMBDA_RUNTIME_API=host:port bootstrap.py folder/module.function")
    os.environ.setdefault("LAMBDA_TASK_ROOT", os.getcwd())
    os.environ.setdefault("AWS_EXECUTION_ENV", "AWS_Lambda_python{}.{}".format(*sys.version_info))
    # A line must be seen when it is printed, not when a buffer fills: the process may be killed at the deadline.
    sys.stdout.reconfigure(line_buffering=True)
    # Interrupted from the keyboard, a waiting process has nothing to tell and should not end in a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    request_id = ""
    log_as_on_lambda(lambda: request_id)

    api = RuntimeApi(address)
    try:
        handler = load_handler(handler_name)
    except Exception as problem:
        api.post_error("/init/error", describe(problem))
        sys.exit(1)
    while True:
        headers, body = api.next_invocation()
        request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        # Where the X-Ray and OpenTelemetry libraries for Lambda look for the trace they are to continue.
        os.environ["_X_AMZN_TRACE_ID"] = headers.get("Lambda-Runtime-Trace-Id", "")
        try:
            result, content_type = invoke(handler, headers, body)
        # SystemExit is no Exception: it ends the process with no answer, as on Lambda, which the router sees
        # and reports as Runtime.ExitError.
        except Exception as problem:
            api.post_error(f"/invocation/{request_id}/error", describe(problem, request_id))
        else:
            api.post(f"/invocation/{request_id}/response", result, {"Content-Type": content_type})
        sys.stdout.flush()


if __name__ == "__main__":
    main()
