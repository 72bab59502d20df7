//! The GP service resource and its `info` (specification 1.6).

use crate::error::Failure;
use crate::json;
use crate::response::Reply;
use crate::task::{TaskPage, task_page};
use crate::{Rest, RestSettings};
use gp_core::{Service, ServiceName, output_directory};
use gp_esri::json::write_i64;
use http::request::Parts;

/// What a service and its tasks answer, written once: clients ask for it before every run.
pub(crate) struct ServicePage {
    /// All but the link to the schema, which depends on how the client sees the server, and the brace behind it.
    json: Vec<u8>,
    /// The schema's path below the context.
    schema_path: String,
    /// One for each task, in the service's order.
    pub(crate) tasks: Vec<TaskPage>,
}

/// Writes the replies of a service.
pub(crate) fn page(service: &Service, settings: &RestSettings) -> ServicePage {
    let tasks: Vec<&str> = service.tasks.iter().map(|task| task.name.as_str()).collect();
    let mut out = b"{".to_vec();
    json::raw(&mut out, "currentVersion", settings.version.to_string().as_bytes());
    json::text(&mut out, "serviceDescription", &service.description);
    json::texts(&mut out, "tasks", &tasks);
    json::text(&mut out, "executionType", service.execution_type.wire_name());
    json::text(&mut out, "resultMapServerName", "");
    json::key(&mut out, "maximumRecords");
    write_i64(&mut out, i64::try_from(service.maximum_records).unwrap_or(i64::MAX));
    json::text(&mut out, "capabilities", if service.uploads.is_some() { "Uploads" } else { "" });
    let schema_path = format!(
        "/rest/directories/arcgisoutput/{}/{}/spec/json-schema.json",
        output_directory(&service.name),
        service.name.base_name()
    );
    ServicePage {
        json: out,
        schema_path,
        tasks: service.tasks.iter().map(|task| task_page(service, task)).collect(),
    }
}

/// The service.
pub(crate) fn show(rest: &Rest, name: &ServiceName, request: &Parts) -> Result<Reply, Failure> {
    let page = rest.service(name)?.1;
    let url = format!("{}{}", rest.base_url(request), page.schema_path);
    let mut out = page.json.clone();
    json::raw(&mut out, "schema", b"{");
    json::raw(&mut out, "json-schema", b"{");
    json::text(&mut out, "url", &url);
    out.extend_from_slice(b"}}}");
    Ok(Reply::stable(out))
}

/// What is below `info`.
pub(crate) fn show_info(rest: &Rest, name: &ServiceName) -> Result<Reply, Failure> {
    rest.service(name)?;
    Ok(Reply::stable(r#"{"resources":["iteminfo","metadata","thumbnail"]}"#))
}

/// The service as a catalog item; every text is present, because clients read them without asking.
pub(crate) fn show_item_info(rest: &Rest, name: &ServiceName) -> Result<Reply, Failure> {
    let (service, _) = rest.service(name)?;
    let description = service.description.as_str();
    let mut out = b"{".to_vec();
    json::text(&mut out, "culture", "en-US");
    json::text(&mut out, "name", service.name.base_name());
    json::text(&mut out, "guid", "");
    json::text(&mut out, "catalogpath", "");
    json::text(&mut out, "snippet", description);
    json::text(&mut out, "description", description);
    json::text(&mut out, "summary", description);
    json::text(&mut out, "title", service.name.base_name());
    json::raw(&mut out, "tags", b"[]");
    json::text(&mut out, "type", "Geoprocessing Service");
    json::raw(&mut out, "typekeywords", b"[]");
    json::text(&mut out, "thumbnail", "");
    json::text(&mut out, "url", "");
    json::raw(&mut out, "extent", b"[]");
    json::text(&mut out, "spatialreference", "");
    json::text(&mut out, "accessinformation", "");
    json::text(&mut out, "licenseinfo", "");
    out.push(b'}');
    Ok(Reply::stable(out))
}
