"""Who may do what, as the template grants it: exact actions on exact resources for each function."""

import re
import unittest

from read_template import FUNCTIONS, of_type, properties
from rights import RIGHTS, common_rights


def listed(value):
    return value if isinstance(value, list) else [value]


def resource_name(resource):
    """`Bucket/inputs/*` for what the template says about it."""
    if isinstance(resource, str):
        return resource
    ((kind, value),) = resource.items()
    if kind == "Fn::GetAtt":
        assert value[1] == "Arn", value
        return value[0]
    if kind == "Fn::Sub":
        return re.sub(r"\$\{(\w+)\.Arn\}", r"\1", value)
    if kind == "Fn::If":
        assert value[2] == {"Ref": "AWS::NoValue"}, value
        return f"{resource_name(value[1])} if {value[0]}"
    raise AssertionError(resource)


class Rights(unittest.TestCase):
    def test_each_function_may_do_exactly_what_the_table_says(self):
        for function in FUNCTIONS:
            granted = set()
            for policy in properties(f"{function}Role")["Policies"]:
                for statement in policy["PolicyDocument"]["Statement"]:
                    self.assertEqual(statement["Effect"], "Allow")
                    self.assertNotIn("NotAction", statement)
                    for action in listed(statement["Action"]):
                        granted |= {(action, resource_name(resource)) for resource in listed(statement["Resource"])}
            self.assertEqual(granted, RIGHTS[function] | common_rights(function), function)

    def test_no_role_has_a_policy_from_elsewhere(self):
        self.assertEqual(len(of_type("AWS::IAM::Role")), len(FUNCTIONS))
        for name, role in of_type("AWS::IAM::Role").items():
            self.assertNotIn("ManagedPolicyArns", role["Properties"], name)
            statements = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
            self.assertEqual([s["Principal"] for s in statements], [{"Service": "lambda.amazonaws.com"}], name)

    def test_no_action_is_a_pattern(self):
        for function in FUNCTIONS:
            self.assertNotIn("*", "".join(action for action, _ in RIGHTS[function]))

    def test_execute_may_add_files_and_read_uploads_and_has_no_other_right_to_data(self):
        rights = RIGHTS["Execute"] | common_rights("Execute")
        data = {(action, on) for action, on in rights if action.split(":")[0] in {"dynamodb", "sqs", "s3"}}
        expected = {("s3:PutObject", "Bucket/outputs/*"), ("s3:GetObject", "Bucket/uploads/*")}
        self.assertEqual(data, expected | {("dynamodb:GetItem", "JobsTable")})
        (policy,) = properties("ExecuteRole")["Policies"]
        conditions = {s["Sid"]: s["Condition"] for s in policy["PolicyDocument"]["Statement"] if "Condition" in s}
        uploads_only = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["i*"]}}
        self.assertEqual(conditions, {"ReadRecordsOfUploads": uploads_only})
        environment = properties("ExecuteFunction")["Environment"]["Variables"]
        self.assertEqual(set(environment) & {"GP_JOBS_TABLE", "GP_QUEUE_URL"}, set())

    def test_each_function_runs_under_its_own_role(self):
        for function in FUNCTIONS:
            self.assertEqual(properties(f"{function}Function")["Role"], {"Fn::GetAtt": [f"{function}Role", "Arn"]})

    def test_bucket_and_queues_refuse_plain_http(self):
        for name in ("BucketPolicy", "JobsQueuePolicy", "DeadLetterQueuePolicy"):
            (statement,) = properties(name)["PolicyDocument"]["Statement"]
            self.assertEqual((statement["Effect"], statement["Principal"]), ("Deny", "*"), name)
            self.assertEqual(statement["Condition"], {"Bool": {"aws:SecureTransport": "false"}}, name)


if __name__ == "__main__":
    unittest.main()
