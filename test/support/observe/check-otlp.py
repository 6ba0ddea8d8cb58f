"""Reads export requests of OTLP in JSON, one a line, with OpenTelemetry's own definitions; fails at what is not in them.

Needs the packages opentelemetry-proto and protobuf.
"""

import base64
import json
import sys

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

IDS = ("traceId", "spanId", "parentSpanId")


def with_base64_ids(node):
    """OTLP writes ids in hexadecimal, where protobuf's JSON has base64."""
    if isinstance(node, list):
        return [with_base64_ids(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {
        name: base64.b64encode(bytes.fromhex(value)).decode() if name in IDS else with_base64_ids(value)
        for name, value in node.items()
    }


spans = 0
for line in sys.stdin:
    body = json.dumps(with_base64_ids(json.loads(line)))
    request = json_format.Parse(body, ExportTraceServiceRequest(), ignore_unknown_fields=False)
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                assert len(span.trace_id) == 16 and len(span.span_id) == 8, span
                assert span.end_time_unix_nano >= span.start_time_unix_nano > 0, span
                spans += 1
print(spans)
