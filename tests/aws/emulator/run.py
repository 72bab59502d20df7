"""Runs MiniStack with what stands between it and AWS mended, where that is a few lines. Separate from stack.py because it
runs inside the emulator's own Python. Each change makes the emulator stricter or says what AWS says; none is there to make
a test pass. What stays different is listed in infra/README.md."""

import json
import socketserver

from ministack.core import iam_evaluator
from ministack.core.router import extract_access_key_id

# Loopback is plain HTTP here, and the policies of bucket and queues refuse that, as they should. Seen as TLS.
_pin_request_origin = iam_evaluator.pin_request_origin
iam_evaluator.pin_request_origin = lambda source_ip, _secure: _pin_request_origin(source_ip, True)

from ministack import app  # noqa: E402  (it copies names from the evaluator when it is imported)
from ministack.services import apigateway, lambda_svc, s3  # noqa: E402

# Lambda's limit for a request and for a reply, as JSON: 6 MB, https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_PAYLOAD_BYTES = 6_291_556


_to_proxy_response = lambda_svc.lambda_execute_result_to_api_proxy_response


def to_proxy_response(result):
    """API Gateway says nothing of a function's crash, nor of a reply that Lambda does not carry, but 500."""
    if result.get("throttle"):
        return gateway_error(503, "Service Unavailable"), None
    reply, other = _to_proxy_response(result)
    if result.get("error") or len(json.dumps(reply)) > MAX_PAYLOAD_BYTES:
        return gateway_error(500, "Internal Server Error"), None
    return reply, other


def gateway_error(status, message):
    body = json.dumps({"message": message})
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": body}


_invoke_lambda_proxy = apigateway._invoke_lambda_proxy


async def invoke_lambda_proxy(integration, api_id, stage, path, method, headers, body, *rest, **named):
    is_text = apigateway._v2_request_body_is_text(headers.get("content-type"))
    event_bytes = len(body or b"") if is_text else (len(body or b"") + 2) // 3 * 4
    if event_bytes + 4096 > MAX_PAYLOAD_BYTES:
        return 413, {"Content-Type": "application/json"}, b'{"message":"Request Entity Too Large"}'
    status, reply_headers, reply_body = await _invoke_lambda_proxy(
        integration, api_id, stage, path, method, headers, body, *rest, **named
    )
    # An API with CorsConfiguration replaces what the function says; the emulator would send both, which browsers refuse.
    if apigateway._apis.get(api_id, {}).get("corsConfiguration"):
        reply_headers = {name: value for name, value in reply_headers.items() if not name.lower().startswith("access-control-")}
    return status, reply_headers, reply_body


# Keys of a role, which every function has, begin like this; the keys of tests do not.
ROLE_KEY = "ASIA"


def denying_what_is_not_there(read):
    """S3 says 403, not 404, of a missing object to who may not list the bucket, and no role of the template may."""

    def denied(bucket, key, headers=None, query_params=None):
        reply = read(bucket, key, headers, query_params)
        is_role = extract_access_key_id(headers or {}, query_params or {}).startswith(ROLE_KEY)
        return s3._error("AccessDenied", "Access Denied", 403, f"/{bucket}/{key}") if reply[0] == 404 and is_role else reply

    return denied


s3._get_object = denying_what_is_not_there(s3._get_object)
s3._head_object = denying_what_is_not_there(s3._head_object)
lambda_svc.lambda_execute_result_to_api_proxy_response = to_proxy_response
apigateway._invoke_lambda_proxy = invoke_lambda_proxy

# The emulator's Runtime API writes headers and body in two sends: Nagle and a delayed ACK cost 40 ms an invocation.
socketserver.StreamRequestHandler.disable_nagle_algorithm = True

if __name__ == "__main__":
    app.main()
