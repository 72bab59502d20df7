use super::*;
use proptest::prelude::*;

fn find(path: &str) -> Result<Resource, NoResource> {
    Resource::find("arcgis", path)
}

fn task(folder: &str, service: &str, task: &str) -> TaskPath {
    TaskPath { service: ServiceName::new(folder, service), task: task.to_owned() }
}

#[test]
fn folders_are_optional() {
    let job = |folder| JobPath { task: task(folder, "S", "T"), job: "j1".into() };
    let find = |path: &str| find(&format!("/arcgis/rest/services/{path}"));
    assert_eq!(find("S/GPServer"), Ok(Resource::Service(ServiceName::new("", "S"))));
    assert_eq!(find("F/S/GPServer"), Ok(Resource::Service(ServiceName::new("F", "S"))));
    assert_eq!(find("S/GPServer/T/execute"), Ok(Resource::Execute(task("", "S", "T"))));
    assert_eq!(find("F/S/GPServer/T/jobs/j1/results/P"), Ok(Resource::Result(job("F"), "P".into())));
    assert_eq!(find("S/GPServer/T/jobs/j1/inputs"), Ok(Resource::Inputs(job(""))));
    assert_eq!(find("F"), Ok(Resource::Catalog { folder: "F".into() }));
    assert_eq!(find(""), Ok(Resource::Catalog { folder: String::new() }));
}

#[test]
fn doubled_and_trailing_slashes_change_nothing() {
    let plain = find("/arcgis/rest/services/S/GPServer/T/execute");
    assert_eq!(find("//arcgis//rest/services///S/GPServer/T//execute//"), plain);
}

#[test]
fn operations_ignore_case_and_services_do_not() {
    let found = find("/arcgis/rest/services/s/GPServer/t/SUBMITJOB");
    assert_eq!(found, Ok(Resource::SubmitJob(task("", "s", "t"))));
    assert_eq!(found, find("/arcgis/rest/services/s/GPServer/t/submitjob"));
    assert_ne!(found, find("/arcgis/rest/services/S/GPServer/t/submitjob"));
    assert_eq!(find("/arcgis/rest/info/HEALTHCHECK"), Ok(Resource::HealthCheck));
}

#[test]
fn escapes_in_names_are_decoded_and_an_escaped_slash_is_refused() {
    let found = find("/arcgis/rest/services/S/GPServer/911%20Calls%C3%A4+1");
    assert_eq!(found, Ok(Resource::Task(task("", "S", "911 Callsä+1"))));
    for bad in ["a%2Fb", "a%5Cb", "a%", "a%2", "a%zz", "a%ff", "a%00"] {
        let path = format!("/arcgis/rest/services/S/GPServer/{bad}");
        assert_eq!(find(&path), Err(NoResource::InvalidUrl), "{bad}");
    }
}

#[test]
fn a_service_of_another_type_is_named() {
    let other = |path: &str| Err(NoResource::OtherService(path.to_owned()));
    assert_eq!(find("/arcgis/rest/services/F/S/MapServer/jobs/j1"), other("F/S/MapServer"));
    assert_eq!(find("/arcgis/rest/services/S/gpserver"), other("S/gpserver"));
}

#[test]
fn a_service_whose_own_name_ends_in_server_is_found() {
    let found = |folder, name| Ok(Resource::Service(ServiceName::new(folder, name)));
    assert_eq!(find("/arcgis/rest/services/F/MyServer/GPServer"), found("F", "MyServer"));
    assert_eq!(find("/arcgis/rest/services/MyServer/GPServer"), found("", "MyServer"));
}

#[test]
fn metadata_and_thumbnail_are_found() {
    let service = || ServiceName::new("F", "S");
    let find = |path: &str| find(&format!("/arcgis/rest/services/F/S/GPServer/{path}"));
    assert_eq!(find("info/metadata"), Ok(Resource::ServiceMetadata(service())));
    assert_eq!(find("info/Thumbnail"), Ok(Resource::Thumbnail(service())));
    assert_eq!(find("T/metadata"), Ok(Resource::TaskMetadata(task("F", "S", "T"))));
}

#[test]
fn what_is_outside_the_grammar_is_no_resource() {
    for path in [
        "/",
        "/arcgis",
        "/arcgis/admin",
        "/arcgis/sharing/rest/info",
        "/other/rest/services",
        "/arcgis/REST/services",
        "/arcgis/rest/nothing",
        "/arcgis/rest/info/x",
        "/arcgis/rest/services/F/S",
        "/arcgis/rest/services/S/GPServer/T/nothing",
        "/arcgis/rest/services/S/GPServer/T/execute/more",
        "/arcgis/rest/services/S/GPServer/T/jobs",
        "/arcgis/rest/services/S/GPServer/T/jobs/j1/cancel/more",
        "/arcgis/rest/services/S/GPServer/T/jobs/j1/results/P/more",
        "/arcgis/rest/services/F/S/GPServer/T/jobs/j1/results/P/more",
    ] {
        assert_eq!(find(path), Err(NoResource::InvalidUrl), "{path}");
    }
}

proptest! {
    #[test]
    fn never_panics(path in "(/|%|arcgis|rest|services|GPServer|[a-zé%/]{0,5}){0,12}") {
        let _ = find(&path);
        let _ = find(&format!("/arcgis/rest/services/{path}"));
    }
}

#[test]
fn uploads_stand_beside_the_tasks() {
    use uploads::{ItemChild, UploadsChild};
    let find = |path: &str| find(&format!("/arcgis/rest/services/F/S/GPServer/uploads{path}"));
    let uploads = |child| Ok(Resource::Uploads(UploadsPath { service: ServiceName::new("F", "S"), child }));
    let item = |child| uploads(UploadsChild::Item("i1".into(), child));
    assert_eq!(find(""), uploads(UploadsChild::Page));
    assert_eq!(find("/Info"), uploads(UploadsChild::Info));
    assert_eq!(find("/upload/"), uploads(UploadsChild::Upload));
    assert_eq!(find("/REGISTER"), uploads(UploadsChild::Register));
    assert_eq!(find("/i1"), item(ItemChild::Show));
    assert_eq!(find("/i1/uploadpart"), item(ItemChild::UploadPart));
    assert_eq!(find("/i1/download"), item(ItemChild::Download));
    assert_eq!(find("/i1/other"), Err(NoResource::InvalidUrl));
    assert_eq!(find("/i1/parts/1"), Err(NoResource::InvalidUrl));
}
