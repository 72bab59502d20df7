"""Stands in for every function in test_rights.py: says who it is, and tries the calls that an event lists, with the role that
the template gives the function. Speaks Lambda's Runtime API; stack.py's emulator starts it as `bootstrap`."""

import json
import os
import urllib.request

import boto3

RUNTIME = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"


def outcome(call):
    service, method, arguments = call
    try:
        getattr(boto3.client(service, endpoint_url=os.environ["AWS_ENDPOINT_URL"]), method)(**arguments)
    except Exception as error:
        return getattr(error, "response", {}).get("Error", {}).get("Code", repr(error))
    return "allowed"


def answer(event):
    if "calls" in event:
        return [outcome(call) for call in event["calls"]]
    if "rawPath" not in event:
        return {"batchItemFailures": []}
    reply = {"function": os.environ["AWS_LAMBDA_FUNCTION_NAME"], "path": event["rawPath"], "body_length": len(event.get("body") or "")}
    if size := event.get("queryStringParameters", {}).get("reply_bytes"):
        reply["padding"] = "x" * int(size)
    if event["rawPath"].endswith("/crash"):
        os._exit(1)
    # As the server does it: the gateway must replace it.
    headers = {"content-type": "application/json", "access-control-allow-origin": "https://function.example"}
    return {"statusCode": 200, "headers": headers, "body": json.dumps(reply)}


def main():
    while True:
        with urllib.request.urlopen(f"{RUNTIME}/next") as invocation:
            request_id = invocation.headers["Lambda-Runtime-Aws-Request-Id"]
            event = json.load(invocation)
        body = json.dumps(answer(event)).encode()
        urllib.request.urlopen(urllib.request.Request(f"{RUNTIME}/{request_id}/response", data=body, method="POST")).close()


if __name__ == "__main__":
    main()
