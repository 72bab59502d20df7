"""template.yaml as CloudFormation gets it from SAM: with event sources, permissions and rules spelled out. Separate from the
tests because it is how they see the template; it resolves no parameter, so conditions stay visible."""

import json
import os
import pathlib

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
FUNCTIONS = ("Api", "Execute", "Worker", "Janitor")


class NoManagedPolicies:
    """The roles are our own; a managed policy would be a mistake that must fail."""

    def load(self):
        return {}


def source():
    """The template as it is written, with intrinsic functions as objects."""
    return yaml_parse((REPOSITORY / "template.yaml").read_text())


def expanded():
    template = source()
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    # SAM wants code where it looks for it; nothing reads it here.
    for name in FUNCTIONS:
        template["Resources"][f"{name}Function"]["Properties"]["CodeUri"] = "s3://bucket/key"
    del template["Globals"]["Function"]["CodeUri"]
    defaults = {name: parameter["Default"] for name, parameter in template["Parameters"].items()}
    return json.loads(json.dumps(transform(template, {}, NoManagedPolicies()))), defaults


TEMPLATE, DEFAULTS = expanded()
RESOURCES = TEMPLATE["Resources"]


def of_type(kind):
    return {name: resource for name, resource in RESOURCES.items() if resource["Type"] == kind}


def properties(name):
    return RESOURCES[name]["Properties"]
