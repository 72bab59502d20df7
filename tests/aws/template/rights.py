"""Which function may do what. Separate from the tests because two read it: the template's policies are compared with it, and
tests/aws/emulator tries every call."""

TABLE, INDEX, JOBS, DEAD, BUCKET = "JobsTable", "JobsTable/index/due", "JobsQueue", "DeadLetterQueue", "Bucket"

# Every action that a function may do, and on what. A change here is a change of who may do what: read it twice.
RIGHTS = {
    "Api": {
        ("dynamodb:GetItem", TABLE),
        ("dynamodb:PutItem", TABLE),
        ("dynamodb:UpdateItem", TABLE),
        ("sqs:SendMessage", JOBS),
        ("s3:PutObject", "Bucket/inputs/*"),
        ("s3:PutObject", "Bucket/replies/*"),
        ("s3:PutObject", "Bucket/results/* if RunsOnSubmit"),
        ("s3:PutObject", "Bucket/uploads/*"),
        ("s3:GetObject", "Bucket/inputs/*"),
        ("s3:GetObject", "Bucket/replies/*"),
        ("s3:GetObject", "Bucket/results/*"),
        ("s3:GetObject", "Bucket/uploads/*"),
        ("s3:GetObject", "Bucket/outputs/*"),
        ("s3:DeleteObject", "Bucket/uploads/*"),
    },
    # It runs tools on foreign input: it may add files that nobody asked for by name, and read what clients sent for it.
    # Of the table it reads records of uploads only, which test_policies.py holds: the emulator knows no such condition.
    "Execute": {
        ("dynamodb:GetItem", TABLE),
        ("s3:GetObject", "Bucket/uploads/*"),
        ("s3:PutObject", "Bucket/outputs/*"),
    },
    "Worker": {
        ("dynamodb:GetItem", TABLE),
        ("dynamodb:UpdateItem", TABLE),
        ("sqs:DeleteMessage", JOBS),
        ("sqs:GetQueueAttributes", JOBS),
        ("sqs:ReceiveMessage", JOBS),
        ("sqs:SendMessage", JOBS),
        ("s3:GetObject", "Bucket/inputs/*"),
        ("s3:GetObject", "Bucket/uploads/*"),
        ("s3:PutObject", "Bucket/results/*"),
    },
    "Janitor": {
        ("dynamodb:GetItem", TABLE),
        ("dynamodb:Scan", INDEX),
        ("dynamodb:UpdateItem", TABLE),
        ("sqs:SendMessage", JOBS),
        ("sqs:DeleteMessage", DEAD),
        ("sqs:ReceiveMessage", DEAD),
    },
}


def common_rights(function):
    log = {("logs:CreateLogStream", f"{function}Logs"), ("logs:PutLogEvents", f"{function}Logs")}
    trace = {("xray:PutTelemetryRecords", "*"), ("xray:PutTraceSegments", "*")}
    return log if function == "Janitor" else log | trace
