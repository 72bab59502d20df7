//! A call of AWS: who made it, what it is called, which job it is about.

/// One request of a function to a service.
#[derive(Clone, Debug)]
pub struct Call {
    /// The name of the function; empty when the caller is none.
    pub caller: String,
    /// Service and operation, such as `DynamoDB.UpdateItem`.
    pub operation: String,
    /// The path, with the query.
    pub path: String,
    /// The body as it came.
    pub body: Vec<u8>,
}

/// `j` and 32 digits.
const ID_BYTES: usize = 33;

impl Call {
    pub(super) fn read(caller: &str, head: &str, body: &[u8]) -> Call {
        let mut words = head.split(' ');
        let method = words.next().unwrap_or_default();
        let path = words.next().unwrap_or_default().to_owned();
        Call { caller: caller.to_owned(), operation: operation(method, head), path, body: body.to_vec() }
    }

    /// The job that it is about: the first id in its path or its body.
    pub fn job(&self) -> Option<String> {
        job_in(self.path.as_bytes()).or_else(|| job_in(&self.body))
    }

    /// Whether a worker takes a job.
    pub fn is_claim(&self) -> bool {
        self.is_update_with("\"ALL_NEW\"")
    }

    /// Whether this writes a job's end.
    pub fn ends_job(&self) -> bool {
        self.is_update_with("\"#ended_ms\"")
    }

    /// Whether this stores a result.
    pub fn stores_result(&self) -> bool {
        self.operation == "S3.PutObject" && self.path.contains("/results/")
    }

    fn is_update_with(&self, part: &str) -> bool {
        let part = part.as_bytes();
        self.operation == "DynamoDB.UpdateItem" && self.body.windows(part.len()).any(|window| window == part)
    }
}

/// DynamoDB and SQS say in a header what is asked; S3 by the method.
fn operation(method: &str, head: &str) -> String {
    let target = head.lines().filter_map(|line| line.split_once(':'));
    let mut target = target.filter(|(name, _)| name.eq_ignore_ascii_case("x-amz-target"));
    match target.next().and_then(|(_, value)| value.trim().split_once('.')) {
        Some((service, operation)) if service.starts_with("DynamoDB") => format!("DynamoDB.{operation}"),
        Some((service, operation)) => format!("{}.{operation}", service.trim_start_matches("Amazon")),
        None => match method {
            "PUT" => "S3.PutObject".to_owned(),
            "GET" => "S3.GetObject".to_owned(),
            other => format!("S3.{other}"),
        },
    }
}

fn job_in(bytes: &[u8]) -> Option<String> {
    let is_id = |window: &&[u8]| window[0] == b'j' && window[1..].iter().all(u8::is_ascii_hexdigit);
    let found = bytes.windows(ID_BYTES).find(is_id)?;
    Some(String::from_utf8_lossy(found).into_owned())
}
