# What `sam build` runs, once for each function: the Lambda programs, by cargo-lambda, with the profile `lambda`.
# All three are built by the first call; the others find them done.
BUILD = cargo lambda build --locked --profile lambda -p gp-api -p gp-worker -p gp-janitor $(CARGO_LAMBDA_FLAGS)

build-ApiFunction: PROGRAM = gp-api
build-ExecuteFunction: PROGRAM = gp-api
build-WorkerFunction: PROGRAM = gp-worker
build-JanitorFunction: PROGRAM = gp-janitor

build-%Function:
	$(BUILD) --lambda-dir "$(CURDIR)/.aws-sam/programs"
	cp "$(CURDIR)/.aws-sam/programs/$(PROGRAM)/bootstrap" "$(ARTIFACTS_DIR)/"
