"""Starts and stops the whole product on an AWS emulator of this machine: the built functions, deployed by `sam deploy` from
template.yaml, behind an HTTP API on 127.0.0.1. Needs nothing but Python itself; the emulator and SAM come from --tools, a
folder with the virtual environments `emulator` (requirements.txt) and `sam` (requirements-sam.txt), or each in its `venv`.

    python tests/aws/stack.py up --tools .tools/aws --port 4566 --state /tmp/stack.json [--parameter WorkerTimeout=5 …]
    python tests/aws/stack.py down --state /tmp/stack.json

`up` ends a stack that the same state file names, starts afresh and returns when it answers. It never talks to AWS: every
command it starts gets an environment without the caller's AWS settings, and the emulator's address."""

import argparse
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
START_S = 30
STOP_S = 10
# On AWS 100. Each worker is a process of this machine here.
LOCAL_PARAMETERS = {"WorkerMaximumConcurrency": "4"}


def main():
    arguments = read_arguments()
    arguments.run(arguments)


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    up_ = commands.add_parser("up", help="start the emulator and deploy")
    up_.add_argument("--tools", type=pathlib.Path, required=True, help="folder with the environments emulator and sam")
    up_.add_argument("--port", type=int, required=True, help="port of the emulator on 127.0.0.1")
    up_.add_argument("--state", type=pathlib.Path, required=True, help="file that says where everything is")
    up_.add_argument("--build", type=pathlib.Path, default=REPOSITORY / ".aws-sam/build", help="what `sam build` made")
    up_.add_argument("--stack-name", default="serverless-gp")
    up_.add_argument("--auth", action=argparse.BooleanOptionalAction, default=True, help="enforce IAM policies")
    up_.add_argument("--endpoint", help="where functions find AWS, such as a proxy before the emulator")
    up_.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE", help="parameter of the template")
    up_.set_defaults(run=up)
    down_ = commands.add_parser("down", help="end what `up` started")
    down_.add_argument("--state", type=pathlib.Path, required=True)
    down_.set_defaults(run=down)
    return parser.parse_args()


def up(arguments):
    template = arguments.build.resolve() / "template.yaml"
    if not template.is_file():
        sys.exit(f"{template} is missing: run `CARGO_LAMBDA_COMPILER=cargo sam build`, or name another folder with --build")
    tools = Tools(arguments.tools.resolve())
    down(arguments)
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", arguments.port)) == 0:
            sys.exit(f"port {arguments.port} is taken: choose another with --port")
    arguments.state.parent.mkdir(parents=True, exist_ok=True)
    log = arguments.state.with_suffix(".log")
    endpoint = f"http://127.0.0.1:{arguments.port}"
    scratch = tempfile.mkdtemp(prefix="gp-aws-")
    emulator = start_emulator(arguments, tools, endpoint, log, scratch)
    state = {"pid": emulator.pid, "endpoint": endpoint, "log": str(log), "scratch": scratch}
    write(arguments.state, state)
    try:
        wait_until_healthy(emulator, endpoint, log)
        deploy(arguments, tools, endpoint, template)
        write(arguments.state, state | described(arguments, tools, endpoint))
    except BaseException:
        down(arguments)
        raise
    print(f"{endpoint} has {arguments.stack_name}; see {arguments.state}")


class Tools:
    """The programs of the two virtual environments."""

    def __init__(self, folder):
        self.emulator_bin = programs(folder / "emulator", "python")
        self.python = self.emulator_bin / "python"
        self.sam = programs(folder / "sam", "sam") / "sam"


def programs(environment, expected):
    for folder in (environment / "bin", environment / "venv/bin"):
        if (folder / expected).exists():
            return folder
    sys.exit(f"{environment} has no {expected}: --tools needs two environments, see {HERE}/requirements*.txt")


def start_emulator(arguments, tools, endpoint, log, scratch):
    environment = clean_environment(endpoint) | {
        # The emulator hands this to every function, whatever the function's own settings say.
        "AWS_ENDPOINT_URL": arguments.endpoint or endpoint,
        "AUTH": str(arguments.auth).lower(),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(arguments.port),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "TMPDIR": scratch,
    }
    with log.open("wb") as output:
        # A session of its own: ctrl-C at the caller must not reach it before `down` does.
        return subprocess.Popen(
            [tools.python, HERE / "emulator/run.py"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def clean_environment(endpoint):
    """The caller's environment without anything that could lead to a real account, and with the emulator's account."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_", "GP_", "PYTHON"))}
    return kept | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAM_CLI_TELEMETRY": "0",
    }


def wait_until_healthy(emulator, endpoint, log):
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if emulator.poll() is not None:
            sys.exit(f"the emulator ended with {emulator.returncode}:\n{log.read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=2):
                return
        except OSError:
            time.sleep(0.05)
    sys.exit(f"the emulator did not answer within {START_S} s; its log is {log}")


def deploy(arguments, tools, endpoint, template):
    parameters = LOCAL_PARAMETERS | dict(parameter.split("=", 1) for parameter in arguments.parameter)
    command = [
        tools.sam, "deploy",
        "--template-file", template,
        "--stack-name", arguments.stack_name,
        "--capabilities", "CAPABILITY_IAM",
        "--resolve-s3", "--no-confirm-changeset", "--no-progressbar",
        "--parameter-overrides", *(f"{name}={value}" for name, value in parameters.items()),
    ]  # fmt: skip
    # Elsewhere than in the repository: samconfig.toml speaks about AWS.
    with tempfile.TemporaryDirectory(prefix="gp-sam-") as folder:
        environment = clean_environment(endpoint) | {"PATH": f"{tools.emulator_bin}:{os.environ['PATH']}"}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"sam deploy failed ({done.returncode}):\n{done.stdout[-4000:]}\n{done.stderr[-2000:]}")


def described(arguments, tools, endpoint):
    """Applies what the emulator dropped, and says where everything is."""
    command = [tools.python, HERE / "emulator/fixup.py", endpoint, arguments.stack_name]
    done = subprocess.run(command, env=clean_environment(endpoint), capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"fixup.py failed ({done.returncode}):\n{done.stderr[-4000:]}")
    stack = json.loads(done.stdout)
    # SAM passes over a name that the template does not have, and a test would test something else.
    unknown = {parameter.split("=")[0] for parameter in arguments.parameter} - set(stack["parameters"])
    if unknown:
        sys.exit(f"template.yaml has no parameter {', '.join(sorted(unknown))}")
    outputs, resources = stack["outputs"], stack["resources"]
    return {
        "stack": arguments.stack_name,
        "apiUrl": f"{endpoint}/_aws/execute-api/{outputs['ApiId']}/$default",
        "apiId": outputs["ApiId"],
        "table": outputs["Table"],
        "queueUrl": outputs["Queue"],
        "deadLetterQueueUrl": outputs["DeadLetterQueue"],
        "bucket": outputs["Bucket"],
        "functions": {name: outputs[f"{name.capitalize()}Function"] for name in ("api", "execute", "worker", "janitor")},
        "roles": {name: resources[f"{name.capitalize()}Role"] for name in ("api", "execute", "worker", "janitor")},
        "outputs": outputs,
        "parameters": stack["parameters"],
        "accessKeyId": "test",
        "secretAccessKey": "test",
        "region": "us-east-1",
    }


def down(arguments):
    """Ends the emulator that the state file names, by its process id, if that is still an emulator of ours."""
    if not arguments.state.is_file():
        return
    state = json.loads(arguments.state.read_text())
    pid = state["pid"]
    if is_ours(pid):
        # The group: the functions are the emulator's children.
        os.killpg(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_S
        while is_ours(pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        if is_ours(pid):
            os.killpg(pid, signal.SIGKILL)
    if pathlib.Path(state["scratch"]).name.startswith("gp-aws-"):
        shutil.rmtree(state["scratch"], ignore_errors=True)
    arguments.state.unlink()


def is_ours(pid):
    try:
        # It may be our own child, and must not stay a zombie.
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass
    try:
        command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return str(HERE / "emulator/run.py").encode() in command


def write(path, state):
    path.write_text(json.dumps(state, indent=2) + "\n")


if __name__ == "__main__":
    main()
