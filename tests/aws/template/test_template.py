"""What the template must say and the local emulator cannot prove: it ignores Lambda permissions, drops properties, knows no
limits. Run: `python -m unittest discover -s tests/aws/template` with the emulator's Python (requirements.txt)."""

import json
import pathlib
import re
import subprocess
import sys
import tomllib
import unittest

from read_template import DEFAULTS, FUNCTIONS, REPOSITORY, RESOURCES, TEMPLATE, of_type, properties

TABLE, JOBS, DEAD, BUCKET = "JobsTable", "JobsQueue", "DeadLetterQueue", "Bucket"


class WhoMayInvoke(unittest.TestCase):
    def permissions(self, function):
        found = of_type("AWS::Lambda::Permission").values()
        return [p for p in found if p["Properties"]["FunctionName"] == {"Ref": f"{function}Function"}]

    def test_the_gateway_may_invoke_api_and_execute_for_this_api_alone(self):
        for function in ("Api", "Execute"):
            by_gateway = [p["Properties"] for p in self.permissions(function) if p["Properties"]["Principal"] == "apigateway.amazonaws.com"]
            self.assertEqual(len(by_gateway), 1, function)
            self.assertEqual(by_gateway[0]["Action"], "lambda:InvokeFunction")
            self.assertTrue(by_gateway[0]["SourceArn"]["Fn::Sub"].endswith(":${HttpApi}/*"), function)

    def test_the_schedule_may_invoke_the_janitor(self):
        (permission,) = self.permissions("Janitor")
        self.assertEqual(permission["Properties"]["Principal"], "events.amazonaws.com")
        (rule,) = of_type("AWS::Events::Rule")
        self.assertEqual(permission["Properties"]["SourceArn"], {"Fn::GetAtt": [rule, "Arn"]})
        self.assertEqual(properties(rule)["ScheduleExpression"], "rate(1 minute)")

    def test_nobody_else_may_invoke_anything_unless_the_function_url_is_asked_for(self):
        self.assertEqual(self.permissions("Worker"), [])
        for permission in of_type("AWS::Lambda::Permission").values():
            if permission["Properties"]["Principal"] == "*":
                self.assertEqual(permission["Condition"], "HasFunctionUrl")
        self.assertEqual(DEFAULTS["FunctionUrl"], "false")

    def test_every_route_has_an_integration_with_a_function_that_may_be_invoked(self):
        routes = {route["Properties"]["RouteKey"]: route["Properties"]["Target"]["Fn::Sub"] for route in of_type("AWS::ApiGatewayV2::Route").values()}
        for key, target in routes.items():
            integration = re.fullmatch(r"integrations/\$\{(\w+)\}", target)[1]
            (function, _) = properties(integration)["IntegrationUri"]["Fn::GetAtt"]
            self.assertTrue(self.permissions(function.removesuffix("Function")), key)
            self.assertEqual(function == "ExecuteFunction", key.endswith("/execute"), key)
        services = "/arcgis/rest/services"
        execute = [f"{services}{folder}/{{service}}/GPServer/{{task}}/execute" for folder in ("", "/{folder}")]
        expected = {"ANY /", "ANY /{proxy+}"} | {f"{method} {path}" for method in ("GET", "POST") for path in execute}
        self.assertEqual(set(routes), expected)


class Data(unittest.TestCase):
    def test_job_records_expire_and_can_be_restored(self):
        table = properties(TABLE)
        self.assertEqual(table["TimeToLiveSpecification"], {"AttributeName": "ttl", "Enabled": True})
        self.assertEqual(table["PointInTimeRecoverySpecification"], {"PointInTimeRecoveryEnabled": True})
        self.assertEqual(table["BillingMode"], "PAY_PER_REQUEST")

    def test_the_index_of_due_jobs_holds_keys_alone(self):
        (index,) = properties(TABLE)["GlobalSecondaryIndexes"]
        self.assertEqual(index["IndexName"], "due")
        self.assertEqual(index["KeySchema"], [{"AttributeName": "due_ms", "KeyType": "HASH"}])
        self.assertEqual(index["Projection"], {"ProjectionType": "KEYS_ONLY"})

    def test_the_table_is_encrypted_by_a_key_that_costs_nothing(self):
        self.assertEqual(properties(TABLE)["SSESpecification"], {"SSEEnabled": False})  # False: the key that DynamoDB owns

    def test_the_bucket_is_encrypted_and_closed_to_the_public(self):
        bucket = properties(BUCKET)
        self.assertEqual(set(bucket["PublicAccessBlockConfiguration"].values()), {True})
        self.assertEqual(len(bucket["PublicAccessBlockConfiguration"]), 4)
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        self.assertEqual(rule["ServerSideEncryptionByDefault"], {"SSEAlgorithm": "AES256"})

    def test_objects_outlive_the_job_record_by_a_day(self):
        rules = {rule["Id"]: rule for rule in properties(BUCKET)["LifecycleConfiguration"]["Rules"]}
        self.assertEqual(rules["expire"]["ExpirationInDays"], {"Fn::FindInMap": ["Expiry", {"Ref": "RetentionDays"}, "ObjectDays"]})
        self.assertEqual(rules["abort-uploads"]["AbortIncompleteMultipartUpload"], {"DaysAfterInitiation": 1})
        for rule in rules.values():
            self.assertEqual(rule["Status"], "Enabled")
            own = {"expire-uploads": "uploads/", "expire-outputs": "outputs/"}
            self.assertEqual(rule["Prefix"], own.get(rule["Id"], ""))
        expiry = {int(days): entry["ObjectDays"] for days, entry in TEMPLATE["Mappings"]["Expiry"].items()}
        allowed = [int(days) for days in TEMPLATE["Parameters"]["RetentionDays"]["AllowedValues"]]
        self.assertEqual(expiry, {days: days + 1 for days in allowed})

    def test_uploads_outlive_the_24_hours_in_which_they_can_be_used(self):
        rules = {rule["Id"]: rule for rule in properties(BUCKET)["LifecycleConfiguration"]["Rules"]}
        self.assertEqual((rules["expire-uploads"]["Prefix"], rules["expire-uploads"]["ExpirationInDays"]), ("uploads/", 2))

    def test_files_of_an_execute_are_gone_after_a_day(self):
        rules = {rule["Id"]: rule for rule in properties(BUCKET)["LifecycleConfiguration"]["Rules"]}
        self.assertEqual(rules["expire-outputs"]["ExpirationInDays"], 1)

    def test_no_service_keeps_jobs_longer_than_the_least_retention(self):
        least_minutes = min(int(days) for days in TEMPLATE["Parameters"]["RetentionDays"]["AllowedValues"]) * 24 * 60
        files = sorted((REPOSITORY / "infra/services").glob("*.toml"))
        self.assertTrue(files)
        for file in files:
            service = tomllib.loads(file.read_text())
            self.assertLessEqual(service.get("retention_minutes", 360), least_minutes, file.name)

    def test_any_page_may_read_and_send_what_a_presigned_url_names(self):
        (rule,) = properties(BUCKET)["CorsConfiguration"]["CorsRules"]
        self.assertEqual((rule["AllowedOrigins"], rule["AllowedMethods"]), (["*"], ["GET", "HEAD", "PUT"]))

    def test_data_outlives_the_stack(self):
        for name in (TABLE, BUCKET):
            self.assertEqual(RESOURCES[name]["DeletionPolicy"], "RetainExceptOnCreate")
            self.assertEqual(RESOURCES[name]["UpdateReplacePolicy"], "Retain")


class Queues(unittest.TestCase):
    def test_a_message_stays_hidden_for_six_times_the_time_of_its_worker(self):
        self.assertEqual(properties(JOBS)["VisibilityTimeout"], {"Ref": "VisibilityTimeout"})
        self.assertGreaterEqual(DEFAULTS["VisibilityTimeout"], 6 * DEFAULTS["WorkerTimeout"])
        self.assertEqual(properties("WorkerFunction")["Timeout"], {"Ref": "WorkerTimeout"})

    def test_the_fifth_delivery_in_vain_is_the_last(self):
        redrive = properties(JOBS)["RedrivePolicy"]
        self.assertEqual(redrive, {"deadLetterTargetArn": {"Fn::GetAtt": [DEAD, "Arn"]}, "maxReceiveCount": 5})

    def test_dead_letters_come_from_the_jobs_queue_alone(self):
        allowed = properties(DEAD)["RedriveAllowPolicy"]
        self.assertEqual(allowed["redrivePermission"], "byQueue")
        (source,) = allowed["sourceQueueArns"]
        self.assertTrue(source["Fn::Sub"].endswith(":" + properties(JOBS)["QueueName"]["Fn::Sub"]))

    def test_a_dead_letter_outlives_the_queue_it_came_from(self):
        self.assertGreater(properties(DEAD)["MessageRetentionPeriod"], properties(JOBS)["MessageRetentionPeriod"])

    def test_queues_are_encrypted(self):
        for queue in of_type("AWS::SQS::Queue").values():
            self.assertTrue(queue["Properties"]["SqsManagedSseEnabled"])

    def test_one_failing_job_does_not_repeat_its_batch(self):
        sources = {m["Properties"]["FunctionName"]["Ref"]: m["Properties"] for m in of_type("AWS::Lambda::EventSourceMapping").values()}
        self.assertEqual(set(sources), {"WorkerFunction"}, "each source costs 650,000 polls a month: two would not be free")
        worker = sources["WorkerFunction"]
        self.assertEqual(worker["FunctionResponseTypes"], ["ReportBatchItemFailures"])
        self.assertEqual(worker["EventSourceArn"], {"Fn::GetAtt": [JOBS, "Arn"]})
        self.assertEqual(worker["BatchSize"], {"Ref": "WorkerBatchSize"})
        self.assertEqual(worker["ScalingConfig"], {"MaximumConcurrency": {"Ref": "WorkerMaximumConcurrency"}})

    def test_a_worker_that_gives_a_job_back_is_not_taken_for_a_loop(self):
        self.assertEqual(properties("WorkerFunction")["RecursiveLoop"], "Allow")


class Functions(unittest.TestCase):
    def test_the_four_functions_are_built_from_three_programs(self):
        made = dict(re.findall(r"^build-(\w+): PROGRAM = (gp-\w+)$", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
        self.assertEqual(made, {
            "ApiFunction": "gp-api",
            "ExecuteFunction": "gp-api",
            "WorkerFunction": "gp-worker",
            "JanitorFunction": "gp-janitor",
        })
        for name, function in of_type("AWS::Lambda::Function").items():
            self.assertEqual(function["Metadata"]["BuildMethod"], "makefile", name)

    def test_concurrency_is_reserved_only_when_asked_for(self):
        for function in ("Api", "Execute", "Worker"):
            parameter = f"{function}ReservedConcurrency"
            expected = {"Fn::If": [f"Reserves{function}", {"Ref": parameter}, {"Ref": "AWS::NoValue"}]}
            self.assertEqual(properties(f"{function}Function")["ReservedConcurrentExecutions"], expected)
            self.assertEqual(TEMPLATE["Conditions"][f"Reserves{function}"], {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, 0]}]})
            self.assertEqual(DEFAULTS[parameter], 0)

    def test_every_function_logs_to_a_group_that_forgets(self):
        for function in FUNCTIONS:
            self.assertEqual(properties(f"{function}Function")["LoggingConfig"]["LogGroup"], {"Ref": f"{function}Logs"})
        for name, group in of_type("AWS::Logs::LogGroup").items():
            self.assertEqual(group["Properties"]["RetentionInDays"], {"Ref": "LogRetentionDays"}, name)

    def test_lambda_drops_no_log_line_that_the_log_level_asks_for(self):
        for function in FUNCTIONS:
            self.assertEqual(properties(f"{function}Function")["LoggingConfig"]["ApplicationLogLevel"], "TRACE")

    def test_every_function_that_serves_somebody_is_traced(self):
        for function in FUNCTIONS:
            mode = "PassThrough" if function == "Janitor" else "Active"
            self.assertEqual(properties(f"{function}Function")["TracingConfig"], {"Mode": mode})

    def test_a_function_ends_before_the_gateway_gives_up(self):
        for function in ("Api", "Execute"):
            integration = properties(f"{function}Integration")
            self.assertLess(properties(f"{function}Function")["Timeout"] * 1000, integration["TimeoutInMillis"])
            self.assertEqual(integration["PayloadFormatVersion"], "2.0")

    def test_nothing_costs_while_nobody_asks(self):
        text = (REPOSITORY / "template.yaml").read_text()
        for paid in ("VpcConfig", "ProvisionedConcurrency", "AWS::EC2", "AWS::WAF", "AWS::KMS", "KmsMasterKeyId", "AWS::Route53"):
            self.assertNotIn(paid, text)
        self.assertLessEqual(len(of_type("AWS::CloudWatch::Alarm")), 10)
        self.assertLessEqual(len(of_type("AWS::CloudWatch::Dashboard")), 3)


class Gateway(unittest.TestCase):
    def test_the_stage_has_no_name_and_is_throttled(self):
        stage = properties("Stage")
        self.assertEqual((stage["StageName"], stage["AutoDeploy"]), ("$default", True))
        self.assertEqual(set(stage["DefaultRouteSettings"]), {"ThrottlingRateLimit", "ThrottlingBurstLimit"})

    def test_the_access_log_is_json_that_joins_with_the_functions(self):
        line = json.loads(properties("Stage")["AccessLogSettings"]["Format"])
        self.assertEqual(line["requestId"], "$context.requestId")
        self.assertEqual(line["integrationRequestId"], "$context.integration.requestId")
        self.assertNotIn("query", json.dumps(line).lower())  # tokens travel there

    def test_cors_names_the_headers_that_clients_send(self):
        cors = properties("HttpApi")["CorsConfiguration"]
        self.assertEqual(cors["AllowOrigins"], {"Ref": "AllowedOrigins"})
        self.assertLessEqual({"x-esri-authorization", "authorization", "content-type", "idempotency-key"}, set(cors["AllowHeaders"]))
        # "*" with credentials is refused by API Gateway.
        self.assertEqual(cors["AllowCredentials"], {"Fn::If": ["AnyOrigin", False, True]})

    def test_cors_of_the_gateway_and_of_the_server_allow_the_same_headers(self):
        source = (REPOSITORY / "shared/rest/src/cors.rs").read_text()
        headers = re.search(r'REQUEST_HEADERS: HeaderValue = HeaderValue::from_static\(\s*"([^"]+)"', source)[1]
        allowed = {header.strip().lower() for header in headers.split(",")}
        self.assertEqual(set(properties("HttpApi")["CorsConfiguration"]["AllowHeaders"]), allowed)

    def test_a_custom_domain_is_made_only_when_asked_for(self):
        for name in ("Domain", "DomainMapping"):
            self.assertEqual(RESOURCES[name]["Condition"], "HasDomain")


class Watching(unittest.TestCase):
    def test_every_alarm_says_what_it_means_and_stays_quiet_without_data(self):
        for name, alarm in of_type("AWS::CloudWatch::Alarm").items():
            self.assertGreater(len(alarm["Properties"]["AlarmDescription"]), 20, name)
            self.assertEqual(alarm["Properties"]["TreatMissingData"], "notBreaching", name)
            self.assertEqual(alarm["Properties"]["AlarmActions"], [{"Fn::If": ["HasAlarmEmail", {"Ref": "AlarmTopic"}, {"Ref": "AWS::NoValue"}]}], name)

    def test_the_dashboard_is_the_one_in_infra(self):
        done = subprocess.run([sys.executable, "-B", REPOSITORY / "infra/dashboard.py", "--check"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_dashboard_names_resources_that_exist(self):
        body = (REPOSITORY / "infra/dashboard.json").read_text()
        named = {name.split(".")[0] for name in re.findall(r"\$\{(\w[\w.]+)\}", body)}
        self.assertLessEqual(named, set(RESOURCES))


class Tools(unittest.TestCase):
    def test_the_costs_in_the_readme_are_those_of_the_price_list(self):
        command = [sys.executable, "-B", REPOSITORY / "infra/costs.py", "--check", REPOSITORY / "infra/README.md"]
        done = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_packages_of_the_local_stack_are_pinned(self):
        for file in pathlib.Path(REPOSITORY / "tests/aws").glob("requirements*.txt"):
            for line in file.read_text().splitlines():
                if line and not line.startswith("#"):
                    self.assertRegex(line, r"^[a-z0-9-]+==[0-9.]+")


if __name__ == "__main__":
    unittest.main()
