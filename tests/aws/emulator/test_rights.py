"""The template on the emulator with IAM enforced, with a probe in place of the programs: each function tries every call
there is and is refused what its policy does not grant; every route reaches its function; the gateway's own answers are
AWS's. Run: `GP_AWS_TOOLS=… python -m unittest discover -s tests/aws/emulator` with the emulator's Python."""

import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

import boto3

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "template"))

from read_template import FUNCTIONS, REPOSITORY, of_type  # noqa: E402
from rights import RIGHTS  # noqa: E402

STACK = [sys.executable, "-B", HERE.parent / "stack.py"]
SERVICES = "/arcgis/rest/services"


def build(folder):
    """What `sam build` would make, with the probe as every function's program."""
    text = (REPOSITORY / "template.yaml").read_text().replace("    CodeUri: .\n", "")
    for name in FUNCTIONS:
        function = f"{name}Function"
        (folder / function).mkdir()
        program = folder / function / "bootstrap"
        program.write_text(f"#!{sys.executable} -B\n{(HERE / 'probe.py').read_text()}")
        program.chmod(0o755)
        head = rf"(  {function}:\n    Type: AWS::Serverless::Function\n.*\n    Properties:\n)"
        text, replaced = re.subn(head, rf"\1      CodeUri: {function}\n", text)
        assert replaced == 1, function
    (folder / "template.yaml").write_text(text)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def setUpModule():
    global folder, state
    folder = tempfile.TemporaryDirectory(prefix="gp-rights-")
    built = pathlib.Path(folder.name)
    build(built)
    file = built / "state.json"
    command = ["up", "--tools", os.environ["GP_AWS_TOOLS"], "--port", str(free_port()), "--state", file, "--build", built]
    command += ["--parameter", "AllowedOrigins=https://maps.example.org", "--parameter", "RetentionDays=2"]
    subprocess.run(STACK + command, check=True)
    state = json.loads(file.read_text())


def tearDownModule():
    subprocess.run(STACK + ["down", "--state", pathlib.Path(folder.name) / "state.json"], check=True)
    folder.cleanup()


def client(service):
    keys = {"aws_access_key_id": state["accessKeyId"], "aws_secret_access_key": state["secretAccessKey"]}
    return boto3.client(service, endpoint_url=state["endpoint"], region_name=state["region"], **keys)


def calls():
    """Each action on each resource, as a call, by what the table of rights names it."""
    table, bucket = state["table"], state["bucket"]
    queues = {"JobsQueue": state["queueUrl"], "DeadLetterQueue": state["deadLetterQueueUrl"]}
    key = {"id": {"S": "probe"}}
    check = {"TableName": table, "Key": {"id": {"S": "none"}}, "ConditionExpression": "attribute_not_exists(id)"}
    found = {
        ("dynamodb:GetItem", "JobsTable"): ("dynamodb", "get_item", {"TableName": table, "Key": key}),
        ("dynamodb:PutItem", "JobsTable"): ("dynamodb", "put_item", {"TableName": table, "Item": key}),
        ("dynamodb:UpdateItem", "JobsTable"): ("dynamodb", "update_item", {"TableName": table, "Key": key}),
        ("dynamodb:DeleteItem", "JobsTable"): ("dynamodb", "delete_item", {"TableName": table, "Key": {"id": {"S": "none"}}}),
        ("dynamodb:ConditionCheckItem", "JobsTable"): ("dynamodb", "transact_write_items", {"TransactItems": [{"ConditionCheck": check}]}),
        ("dynamodb:Scan", "JobsTable"): ("dynamodb", "scan", {"TableName": table}),
        ("dynamodb:Scan", "JobsTable/index/due"): ("dynamodb", "scan", {"TableName": table, "IndexName": "due"}),
        ("dynamodb:DeleteTable", "JobsTable"): ("dynamodb", "delete_table", {"TableName": "none"}),
        ("s3:ListBucket", "Bucket"): ("s3", "list_objects_v2", {"Bucket": bucket}),
        ("s3:DeleteBucket", "Bucket"): ("s3", "delete_bucket", {"Bucket": bucket}),
    }
    for name, url in queues.items():
        found["sqs:SendMessage", name] = ("sqs", "send_message", {"QueueUrl": url, "MessageBody": "probe"})
        found["sqs:ReceiveMessage", name] = ("sqs", "receive_message", {"QueueUrl": url})
        found["sqs:GetQueueAttributes", name] = ("sqs", "get_queue_attributes", {"QueueUrl": url})
        found["sqs:PurgeQueue", name] = ("sqs", "purge_queue", {"QueueUrl": url})
    for prefix in ("inputs", "results", "replies", "uploads", "outputs", "others"):
        target = {"Bucket": bucket, "Key": f"{prefix}/probe"}
        found["s3:GetObject", f"Bucket/{prefix}/*"] = ("s3", "get_object", target)
        found["s3:PutObject", f"Bucket/{prefix}/*"] = ("s3", "put_object", target)
        found["s3:DeleteObject", f"Bucket/{prefix}/*"] = ("s3", "delete_object", target)
    return found


def request(method, path, body=None, headers=None):
    asked = urllib.request.Request(state["apiUrl"] + path, data=body, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(asked, timeout=60) as reply:
            return reply.status, reply.headers, reply.read()
    except urllib.error.HTTPError as reply:
        with reply:
            return reply.code, reply.headers, reply.read()


class Rights(unittest.TestCase):
    def test_each_function_is_refused_what_its_policy_does_not_grant(self):
        tried = calls()
        for function in FUNCTIONS:
            # Anew for each: one of them may delete what the next may read.
            for prefix in ("inputs", "results", "replies", "uploads", "outputs", "others"):
                client("s3").put_object(Bucket=state["bucket"], Key=f"{prefix}/probe", Body=b"probe")
            payload = json.dumps({"calls": list(tried.values())})
            reply = client("lambda").invoke(FunctionName=state["functions"][function.lower()], Payload=payload)
            outcomes = json.load(reply["Payload"])
            for right, outcome in zip(tried, outcomes, strict=True):
                with self.subTest(function=function, right=right):
                    if right in RIGHTS[function]:
                        self.assertEqual(outcome, "allowed")
                    else:
                        self.assertIn(outcome, ("AccessDenied", "AccessDeniedException"))

    def test_a_missing_object_is_forbidden_to_functions(self):
        call = ("s3", "get_object", {"Bucket": state["bucket"], "Key": "inputs/none"})
        reply = client("lambda").invoke(FunctionName=state["functions"]["worker"], Payload=json.dumps({"calls": [call]}))
        self.assertEqual(json.load(reply["Payload"]), ["AccessDenied"])

    def test_nobody_reads_the_bucket_without_a_signature(self):
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{state['endpoint']}/{state['bucket']}/results/probe")
        self.assertEqual(refused.exception.code, 403)


class Routes(unittest.TestCase):
    def reached(self, method, path):
        status, _, body = request(method, path, b"f=json" if method == "POST" else None)
        self.assertEqual(status, 200, path)
        return json.loads(body)["function"]

    def test_every_route_reaches_its_function(self):
        names = {"{proxy+}": "a/b/c", "{folder}": "Samples", "{service}": "Tasks", "{task}": "Echo%20Values"}
        for route in of_type("AWS::ApiGatewayV2::Route").values():
            method, path = route["Properties"]["RouteKey"].split(" ")
            for name, value in names.items():
                path = path.replace(name, value)
            expected = "execute" if path.endswith("/execute") else "api"
            for method in ("GET", "POST") if method == "ANY" else (method,):
                self.assertEqual(self.reached(method, path), state["functions"][expected], f"{method} {path}")

    def test_what_is_not_execute_stays_with_api(self):
        for path in ("submitJob", "jobs/j1", "jobs/j1/results/Out", "execute/", "Execute"):
            reached = self.reached("GET", f"{SERVICES}/Samples/Tasks/GPServer/Echo/{path}")
            self.assertEqual(reached, state["functions"]["api"], path)


class GatewayAnswers(unittest.TestCase):
    def test_a_preflight_is_answered_without_a_function(self):
        asked = {"Origin": "https://maps.example.org", "Access-Control-Request-Method": "POST"}
        status, headers, _ = request("OPTIONS", SERVICES, headers=asked)
        self.assertEqual(status, 204)
        self.assertEqual(headers["Access-Control-Allow-Origin"], "https://maps.example.org")
        self.assertEqual(headers["Access-Control-Allow-Credentials"], "true")
        self.assertIn("x-esri-authorization", headers["Access-Control-Allow-Headers"])

    def test_a_reply_says_once_who_may_read_it(self):
        _, headers, _ = request("GET", SERVICES, headers={"Origin": "https://maps.example.org"})
        self.assertEqual(headers.get_all("Access-Control-Allow-Origin"), ["https://maps.example.org"])
        _, headers, _ = request("GET", SERVICES, headers={"Origin": "https://other.example.org"})
        self.assertIsNone(headers["Access-Control-Allow-Origin"])

    def test_lambda_takes_six_megabytes(self):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        status, _, body = request("POST", "/echo", b"x" * 4_600_000, form)
        self.assertEqual((status, json.loads(body)["body_length"]), (200, -(-4_600_000 // 3) * 4))
        status, _, body = request("POST", "/echo", b"x" * 4_800_000, form)
        self.assertEqual((status, json.loads(body)), (413, {"message": "Request Entity Too Large"}))

    def test_a_reply_beyond_six_megabytes_and_a_crash_say_nothing_but_500(self):
        self.assertEqual(request("GET", "/echo?reply_bytes=6000000")[0], 200)
        for path in ("/echo?reply_bytes=6300000", "/crash"):
            status, _, body = request("GET", path)
            self.assertEqual((status, json.loads(body)), (500, {"message": "Internal Server Error"}), path)


class Applied(unittest.TestCase):
    def test_what_the_emulator_drops_is_there(self):
        ttl = client("dynamodb").describe_time_to_live(TableName=state["table"])["TimeToLiveDescription"]
        self.assertEqual((ttl["TimeToLiveStatus"], ttl["AttributeName"]), ("ENABLED", "ttl"))
        rules = client("s3").get_bucket_lifecycle_configuration(Bucket=state["bucket"])["Rules"]
        self.assertEqual([rule["Expiration"]["Days"] for rule in rules if "Expiration" in rule], [3, 2, 1])
        mappings = client("lambda").list_event_source_mappings(FunctionName=state["functions"]["worker"])
        self.assertEqual(mappings["EventSourceMappings"][0]["ScalingConfig"], {"MaximumConcurrency": 4})


if __name__ == "__main__":
    unittest.main()
