"""A stack under measurement: deployed by tests/aws/stack.py, with an echo function beside the product on the same emulator."""

import io
import json
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import boto3

SCRIPT = Path(__file__).resolve().parents[2] / "aws/stack.py"
SWITCH_S = 2
# Lambda's own words to a function, as far as our programs or the runtime read them.
LAMBDA = {"AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_LOG_GROUP_NAME": "bench", "AWS_LAMBDA_LOG_STREAM_NAME": "bench"}


class Stack:
    """Up while it is entered."""

    def __init__(self, tools, build, port, parameters):
        self.folder = tempfile.TemporaryDirectory(prefix="gp-bench-aws-")
        self.state_file = Path(self.folder.name) / "state.json"
        self.up = ["--tools", tools, "--port", str(port), "--build", build]
        for parameter in parameters:
            self.up += ["--parameter", parameter]

    def __enter__(self):
        self.call("up", *self.up)
        self.state = json.loads(self.state_file.read_text())
        self.url = f"{self.state['apiUrl']}/arcgis/rest/services"
        return self

    def __exit__(self, *_):
        self.call("down")
        self.folder.cleanup()

    def call(self, action, *arguments):
        command = [sys.executable, "-B", SCRIPT, action, "--state", self.state_file, *arguments]
        subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)

    def client(self, service):
        return boto3.client(
            service,
            endpoint_url=self.state["endpoint"],
            region_name=self.state["region"],
            aws_access_key_id=self.state["accessKeyId"],
            aws_secret_access_key=self.state["secretAccessKey"],
        )

    def environment(self, function):
        """What Lambda gives to a function of this stack: its own settings as they are deployed."""
        deployed = self.client("lambda").get_function_configuration(FunctionName=self.state["functions"][function])
        return LAMBDA | {
            "AWS_REGION": self.state["region"],
            "AWS_ACCESS_KEY_ID": self.state["accessKeyId"],
            "AWS_SECRET_ACCESS_KEY": self.state["secretAccessKey"],
            "AWS_ENDPOINT_URL": self.state["endpoint"],
            "AWS_LAMBDA_FUNCTION_NAME": deployed["FunctionName"],
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(deployed["MemorySize"]),
            **deployed["Environment"]["Variables"],
        }

    def deliver_jobs(self, enabled):
        """Whether the queue's jobs go to the deployed worker. What waits in the queue is dropped."""
        self.client("sqs").purge_queue(QueueUrl=self.state["queueUrl"])
        functions = self.client("lambda")
        for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
            functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=enabled)
        time.sleep(SWITCH_S)

    def deploy_echo(self, program):
        """The URL of a function that answers its path, behind an HTTP API as the product's is."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as code:
            info = zipfile.ZipInfo("bootstrap")
            info.external_attr = 0o755 << 16
            code.writestr(info, Path(program).read_bytes())
        role = self.client("iam").get_role(RoleName=self.state["roles"]["execute"])["Role"]["Arn"]
        function = self.client("lambda").create_function(
            FunctionName="echo",
            Runtime="provided.al2023",
            Handler="bootstrap",
            Role=role,
            MemorySize=256,
            Timeout=29,
            Code={"ZipFile": archive.getvalue()},
        )
        gateway = self.client("apigatewayv2")
        api = gateway.create_api(Name="echo", ProtocolType="HTTP")["ApiId"]
        integration = gateway.create_integration(
            ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=function["FunctionArn"], PayloadFormatVersion="2.0"
        )["IntegrationId"]
        gateway.create_route(ApiId=api, RouteKey="$default", Target=f"integrations/{integration}")
        gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
        return f"{self.state['endpoint']}/_aws/execute-api/{api}/$default"
