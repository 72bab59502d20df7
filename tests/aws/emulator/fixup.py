"""Applies what MiniStack 1.5.33 takes in a CloudFormation template and then drops: TTL, lifecycle, CORS of the HTTP API, the
number of workers at once.
Runs in the emulator's Python after a deployment, never against AWS. What is applied is read from the processed template, so
that it is what the template says. `fixup.py ENDPOINT STACK` prints the stack's resources, parameters and outputs as JSON."""

import json
import sys

import boto3

ENDPOINT, STACK = sys.argv[1:3]


def client(service):
    return boto3.client(service, endpoint_url=ENDPOINT)


def read_stack():
    cloudformation = client("cloudformation")
    template = cloudformation.get_template(StackName=STACK, TemplateStage="Processed")["TemplateBody"]
    stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
    resources = cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]
    return {
        "template": json.loads(template) if isinstance(template, str) else template,
        "parameters": {p["ParameterKey"]: p["ParameterValue"] for p in stack.get("Parameters", [])},
        "resources": {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in resources},
        "outputs": {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])},
    }


def resolve(value, stack):
    """The template's value with its references filled in, as far as the properties below use them."""
    if isinstance(value, list):
        return [resolve(item, stack) for item in value]
    if not isinstance(value, dict):
        return value
    if "Ref" in value:
        name = value["Ref"]
        if name in stack["parameters"]:
            is_list = stack["template"]["Parameters"][name]["Type"] == "CommaDelimitedList"
            text = stack["parameters"][name]
            return text.split(",") if is_list else text
        return stack["resources"][name]
    if "Fn::FindInMap" in value:
        name, first, second = resolve(value["Fn::FindInMap"], stack)
        return stack["template"]["Mappings"][name][str(first)][second]
    if "Fn::If" in value:
        condition, yes, no = value["Fn::If"]
        if condition != "AnyOrigin":
            sys.exit(f"fixup.py cannot tell the condition {condition}")
        return resolve(yes if stack["parameters"]["AllowedOrigins"] == "*" else no, stack)
    return {key: resolve(item, stack) for key, item in value.items()}


def lifecycle_rule(rule):
    applied = {"ID": rule["Id"], "Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    if "ExpirationInDays" in rule:
        applied["Expiration"] = {"Days": int(rule["ExpirationInDays"])}
    if "AbortIncompleteMultipartUpload" in rule:
        days = rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]
        applied["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": int(days)}
    return applied


def truth(value):
    return str(value).lower() == "true"


def main():
    stack = read_stack()
    for name, resource in stack["template"]["Resources"].items():
        if name not in stack["resources"]:
            continue
        physical, properties = stack["resources"][name], resource.get("Properties", {})
        if ttl := properties.get("TimeToLiveSpecification"):
            specification = {"AttributeName": ttl["AttributeName"], "Enabled": truth(ttl["Enabled"])}
            client("dynamodb").update_time_to_live(TableName=physical, TimeToLiveSpecification=specification)
        if rules := properties.get("LifecycleConfiguration"):
            rules = [lifecycle_rule(rule) for rule in resolve(rules["Rules"], stack)]
            client("s3").put_bucket_lifecycle_configuration(Bucket=physical, LifecycleConfiguration={"Rules": rules})
        # A parameter arrives as text here, and the emulator's poller dies of it.
        if scaling := properties.get("ScalingConfig"):
            scaling = {"MaximumConcurrency": int(resolve(scaling["MaximumConcurrency"], stack))}
            client("lambda").update_event_source_mapping(UUID=physical, ScalingConfig=scaling)
        if cors := properties.get("CorsConfiguration"):
            if resource["Type"] == "AWS::ApiGatewayV2::Api":
                cors = resolve(cors, stack)
                cors.update(MaxAge=int(cors["MaxAge"]), AllowCredentials=truth(cors["AllowCredentials"]))
                client("apigatewayv2").update_api(ApiId=physical, CorsConfiguration=cors)
    del stack["template"]
    json.dump(stack, sys.stdout)


if __name__ == "__main__":
    main()
