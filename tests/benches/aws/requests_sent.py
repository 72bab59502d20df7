"""What is asked of the product in these measurements."""

import base64
import json
from urllib.parse import urlencode

ROOT = "/arcgis/rest/services"
BUFFER, DISSOLVE = "/Analysis/GPServer/Buffer/execute", "/Analysis/GPServer/Dissolve/execute"
ECHO_VALUES = "/Samples/TaskJobs/GPServer/EchoValues"
CATALOG = "?f=json"
WGS84 = {"wkid": 4326}


def points(count):
    features = [{"attributes": {}, "geometry": {"x": 7 + place / 100, "y": 50.1}} for place in range(count)]
    layer = {"geometryType": "esriGeometryPoint", "spatialReference": WGS84, "fields": [], "features": features}
    return json.dumps(layer)


BUFFER_FORM = {"f": "json", "Distance": "500 Meters", "Input_Features": points(1)}
DISSOLVE_FORM = {"f": "json", "Input_Features": points(20)}
JOB_FORM = {"f": "json", "Long": "7", "String": "a text"}


def gateway_event(path, form=None):
    """A request as API Gateway's HTTP API hands it to a function, payload format 2.0."""
    path, _, query = (ROOT + path).partition("?")
    method = "GET" if form is None else "POST"
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": "gp.example.org", "content-type": "application/x-www-form-urlencoded"},
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "api",
            "stage": "$default",
            "requestId": "request",
            "routeKey": "$default",
            "timeEpoch": 1,
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "bench"},
        },
        "isBase64Encoded": form is not None,
    }
    if form is not None:
        event["body"] = base64.b64encode(urlencode(form).encode()).decode()
    return event


def queue_event(job):
    """A message of the queue of jobs, as Lambda hands it to the worker."""
    record = {
        "messageId": job,
        "receiptHandle": job,
        "body": job,
        "attributes": {},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:jobs",
        "awsRegion": "us-east-1",
    }
    return {"Records": [record]}
