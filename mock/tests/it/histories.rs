//! Random histories, beside a model that is simple enough to be believed.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use imagekit_client::types::{Asset, AssetListType, AssetSort};
use imagekit_client::{Client, Error, List, Response};
use imagekit_mock::{Library, Server};
use imagekit_openapi::{OPERATIONS, operation};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError};
use serde::Serialize;
use serde_json::{Value, json};

use crate::contract::{Schemas, call_as_documented};
use crate::wire::{RawResponse, call, get, upload};

const HISTORIES: u32 = 100;
const STEPS: usize = 200;

const FOLDERS: [&str; 6] = ["/", "/a", "/b", "/a/c", "/b/a", "/a/c/d"];
const NAMES: [&str; 3] = ["x.txt", "y.txt", "z.txt"];
const TAGS: [&str; 3] = ["red", "green", "blue"];

#[derive(Clone, Debug)]
enum Step {
    Upload {
        folder: usize,
        name: usize,
        content: u8,
        keep_tags: bool,
    },
    Delete {
        file: usize,
    },
    DeleteMany {
        files: [usize; 2],
        with_stranger: bool,
    },
    Copy {
        file: usize,
        folder: usize,
        all: bool,
    },
    Move {
        file: usize,
        folder: usize,
    },
    Rename {
        file: usize,
        name: usize,
    },
    Tag {
        file: usize,
        tag: usize,
        add: bool,
    },
    SetTags {
        file: usize,
        tags: Option<Vec<usize>>,
    },
    Restore {
        file: usize,
        version: usize,
    },
    DeleteVersion {
        file: usize,
        version: usize,
    },
    CreateFolder {
        parent: usize,
        name: usize,
    },
    DeleteFolder {
        folder: usize,
    },
    CopyFolder {
        source: usize,
        folder: usize,
        all: bool,
    },
    MoveFolder {
        source: usize,
        folder: usize,
    },
    RenameFolder {
        folder: usize,
        name: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let (folder, name, tag) = (0..FOLDERS.len(), 0..NAMES.len(), 0..TAGS.len());
    let (file, version) = (0..40_usize, 0..6_usize);
    prop_oneof![
        6 => (folder.clone(), name.clone(), any::<u8>(), any::<bool>())
            .prop_map(|(folder, name, content, keep_tags)| Step::Upload { folder, name, content, keep_tags }),
        1 => file.clone().prop_map(|file| Step::Delete { file }),
        1 => ([file.clone(), file.clone()], any::<bool>())
            .prop_map(|(files, with_stranger)| Step::DeleteMany { files, with_stranger }),
        2 => (file.clone(), folder.clone(), any::<bool>()).prop_map(|(file, folder, all)| Step::Copy { file, folder, all }),
        2 => (file.clone(), folder.clone()).prop_map(|(file, folder)| Step::Move { file, folder }),
        2 => (file.clone(), name.clone()).prop_map(|(file, name)| Step::Rename { file, name }),
        2 => (file.clone(), tag.clone(), any::<bool>()).prop_map(|(file, tag, add)| Step::Tag { file, tag, add }),
        1 => (file.clone(), proptest::option::of(proptest::collection::vec(tag, 0..3)))
            .prop_map(|(file, tags)| Step::SetTags { file, tags }),
        2 => (file.clone(), version.clone()).prop_map(|(file, version)| Step::Restore { file, version }),
        1 => (file, version).prop_map(|(file, version)| Step::DeleteVersion { file, version }),
        2 => (folder.clone(), name.clone()).prop_map(|(parent, name)| Step::CreateFolder { parent, name }),
        1 => folder.clone().prop_map(|folder| Step::DeleteFolder { folder }),
        1 => (folder.clone(), folder.clone(), any::<bool>())
            .prop_map(|(source, folder, all)| Step::CopyFolder { source, folder, all }),
        1 => (folder.clone(), folder.clone()).prop_map(|(source, folder)| Step::MoveFolder { source, folder }),
        1 => (folder, name).prop_map(|(folder, name)| Step::RenameFolder { folder, name }),
    ]
}

/// A version: what it holds, and its tags.
type Version = (u8, Vec<&'static str>);

/// Files by path, each with its versions from the oldest to the current one; and folders.
#[derive(Clone, Debug, Default, PartialEq)]
struct Model {
    files: BTreeMap<String, Vec<Version>>,
    folders: BTreeSet<String>,
}

fn join(folder: &str, name: &str) -> String {
    format!("{}/{name}", folder.trim_end_matches('/'))
}

fn split(path: &str) -> (&str, &str) {
    let (folder, name) = path.rsplit_once('/').unwrap();
    (if folder.is_empty() { "/" } else { folder }, name)
}

fn is_in(path: &str, folder: &str) -> bool {
    folder == "/" || path.starts_with(&format!("{folder}/"))
}

impl Model {
    fn add_folder(&mut self, folder: &str) {
        if folder != "/" {
            self.add_folder(split(folder).0);
            self.folders.insert(folder.to_owned());
        }
    }

    fn has_folder(&self, folder: &str) -> bool {
        folder == "/" || self.folders.contains(folder)
    }

    /// Appends versions to what is at a path; `false` if they are too many.
    fn append(&mut self, path: &str, versions: &[Version]) -> bool {
        if self.files.get(path).map_or(0, Vec::len) + versions.len() > 100 {
            return false;
        }
        self.add_folder(split(path).0);
        self.files
            .entry(path.to_owned())
            .or_default()
            .extend_from_slice(versions);
        true
    }

    fn remove_folder(&mut self, folder: &str) {
        self.folders.retain(|it| it != folder && !is_in(it, folder));
        self.files.retain(|it, _| !is_in(it, folder));
    }

    /// The status of copying or moving a folder before anything happens.
    fn transfer_status(&self, source: &str, target: &str, is_move: bool) -> u16 {
        match () {
            () if source == "/" => 400,
            () if !self.has_folder(source) => 404,
            () if source == target || split(source).0 == target => 400,
            () if is_move && is_in(target, source) => 400,
            () => 200,
        }
    }

    fn copy_folder(&mut self, source: &str, target: &str, all: bool) {
        let new = join(target, split(source).1);
        let before = self.clone();
        let moved = |path: &str| format!("{new}{}", path.strip_prefix(source).unwrap());
        self.add_folder(&new);
        for folder in before.folders.iter().filter(|it| is_in(it, source)) {
            self.add_folder(&moved(folder));
        }
        for (path, versions) in before.files.iter().filter(|(path, _)| is_in(path, source)) {
            let from = if all { 0 } else { versions.len() - 1 };
            self.append(&moved(path), &versions[from..]);
        }
    }
}

/// Performs a step on both sides, and returns the statuses of both.
async fn perform(server: &Server, model: &mut Model, step: &Step) -> Option<(u16, u16)> {
    let pick = |index: usize| {
        let count = model.files.len();
        (count > 0).then(|| model.files.keys().nth(index % count).unwrap().clone())
    };
    let id_of = |path: &str| {
        let file = server
            .library()
            .get(path)
            .unwrap_or_else(|| panic!("{path} is missing"));
        file["fileId"].as_str().unwrap().to_owned()
    };
    let post =
        async |path: &str, body: Value| call(server, "POST", path, body).await.status.as_u16();
    Some(match step {
        Step::Upload {
            folder,
            name,
            content,
            keep_tags,
        } => {
            let (folder, name) = (FOLDERS[*folder], NAMES[*name]);
            let keep = (!keep_tags).to_string();
            let fields = [
                ("fileName", name),
                ("folder", folder),
                ("useUniqueFileName", "false"),
                ("overwriteTags", &keep),
            ];
            let response = upload(server, &[*content], &fields).await;
            let path = join(folder, name);
            let tags = model.files.get(&path).filter(|_| *keep_tags);
            let tags = tags
                .map(|it| it.last().unwrap().1.clone())
                .unwrap_or_default();
            let expected = if model.append(&path, &[(*content, tags)]) {
                200
            } else {
                400
            };
            (response.status.as_u16(), expected)
        }
        Step::Delete { file } => {
            let path = pick(*file)?;
            let response = call(
                server,
                "DELETE",
                &format!("/v1/files/{}", id_of(&path)),
                json!({}),
            )
            .await;
            model.files.remove(&path);
            (response.status.as_u16(), 204)
        }
        Step::DeleteMany {
            files,
            with_stranger,
        } => {
            let paths: BTreeSet<_> = files.iter().filter_map(|it| pick(*it)).collect();
            let mut ids: Vec<_> = paths.iter().map(|path| id_of(path)).collect();
            if *with_stranger || ids.is_empty() {
                ids.push("stranger".to_owned());
            }
            let is_refused = ids.last().unwrap() == "stranger";
            let status = post("/v1/files/batch/deleteByFileIds", json!({ "fileIds": ids })).await;
            if !is_refused {
                model.files.retain(|path, _| !paths.contains(path));
            }
            (status, if is_refused { 404 } else { 200 })
        }
        Step::Copy { file, folder, all } => {
            let (path, folder) = (pick(*file)?, FOLDERS[*folder]);
            let body = json!({ "sourceFilePath": path, "destinationPath": folder, "includeFileVersions": all });
            let status = post("/v1/files/copy", body).await;
            let (source, name) = split(&path);
            let versions = model.files[&path].clone();
            let from = if *all { 0 } else { versions.len() - 1 };
            let is_done = source != folder && model.append(&join(folder, name), &versions[from..]);
            (status, if is_done { 204 } else { 400 })
        }
        Step::Move { file, folder } => {
            let (path, folder) = (pick(*file)?, FOLDERS[*folder]);
            let status = post(
                "/v1/files/move",
                json!({ "sourceFilePath": path, "destinationPath": folder }),
            )
            .await;
            let (source, name) = split(&path);
            let versions = model.files[&path].clone();
            let is_done = source != folder && model.append(&join(folder, name), &versions);
            if is_done {
                model.files.remove(&path);
            }
            (status, if is_done { 204 } else { 400 })
        }
        Step::Rename { file, name } => {
            let (path, name) = (pick(*file)?, NAMES[*name]);
            let body = json!({ "filePath": path, "newFileName": name });
            let status = call(server, "PUT", "/v1/files/rename", body)
                .await
                .status
                .as_u16();
            let new = join(split(&path).0, name);
            let expected = if new == path {
                400
            } else if model.files.contains_key(&new) {
                409
            } else {
                let versions = model.files.remove(&path).unwrap();
                model.files.insert(new, versions);
                200
            };
            (status, expected)
        }
        Step::Tag { file, tag, add } => {
            let (path, tag) = (pick(*file)?, TAGS[*tag]);
            let operation = if *add { "addTags" } else { "removeTags" };
            let body = json!({ "fileIds": [id_of(&path)], "tags": [tag] });
            let status = post(&format!("/v1/files/{operation}"), body).await;
            let tags = &mut model.files.get_mut(&path).unwrap().last_mut().unwrap().1;
            tags.retain(|it| it != &tag || *add);
            if *add && !tags.contains(&tag) {
                tags.push(tag);
            }
            (status, 200)
        }
        Step::SetTags { file, tags } => {
            let path = pick(*file)?;
            let tags: Option<Vec<_>> = tags
                .as_ref()
                .map(|it| it.iter().map(|tag| TAGS[*tag]).collect());
            let details = format!("/v1/files/{}/details", id_of(&path));
            let response = call(server, "PATCH", &details, json!({ "tags": tags })).await;
            model.files.get_mut(&path).unwrap().last_mut().unwrap().1 = tags.unwrap_or_default();
            (response.status.as_u16(), 200)
        }
        Step::Restore { file, version } | Step::DeleteVersion { file, version } => {
            let path = pick(*file)?;
            let id = id_of(&path);
            let versions = model.files.get_mut(&path).unwrap();
            // As it is listed: the newest first.
            let index = version % versions.len();
            let listed = get(server, &format!("/v1/files/{id}/versions"))
                .await
                .json();
            let version = listed[index]["versionInfo"]["id"].as_str().unwrap();
            let place = versions.len() - 1 - index;
            let one = format!("/v1/files/{id}/versions/{version}");
            if matches!(step, Step::Restore { .. }) {
                let response = call(server, "PUT", &format!("{one}/restore"), json!({})).await;
                let restored = versions.remove(place);
                versions.push(restored);
                (response.status.as_u16(), 200)
            } else {
                let response = call(server, "DELETE", &one, json!({})).await;
                if index == 0 {
                    (response.status.as_u16(), 400)
                } else {
                    versions.remove(place);
                    (response.status.as_u16(), 204)
                }
            }
        }
        Step::CreateFolder { parent, name } => {
            let (parent, name) = (FOLDERS[*parent], &NAMES[*name][..1]);
            let status = post(
                "/v1/folder",
                json!({ "folderName": name, "parentFolderPath": parent }),
            )
            .await;
            model.add_folder(&join(parent, name));
            (status, 201)
        }
        Step::DeleteFolder { folder } => {
            let folder = FOLDERS[*folder];
            let body = json!({ "folderPath": folder });
            let status = call(server, "DELETE", "/v1/folder", body)
                .await
                .status
                .as_u16();
            if folder == "/" || !model.has_folder(folder) {
                return Some((status, 404));
            }
            model.remove_folder(folder);
            (status, 204)
        }
        Step::CopyFolder {
            source,
            folder,
            all,
        } => {
            let (source, folder) = (FOLDERS[*source], FOLDERS[*folder]);
            let body = json!({ "sourceFolderPath": source, "destinationPath": folder, "includeVersions": all });
            let status = post("/v1/bulkJobs/copyFolder", body).await;
            let expected = model.transfer_status(source, folder, false);
            if expected == 200 {
                model.copy_folder(source, folder, *all);
            }
            (status, expected)
        }
        Step::MoveFolder { source, folder } => {
            let (source, folder) = (FOLDERS[*source], FOLDERS[*folder]);
            let body = json!({ "sourceFolderPath": source, "destinationPath": folder });
            let status = post("/v1/bulkJobs/moveFolder", body).await;
            let expected = model.transfer_status(source, folder, true);
            if expected == 200 {
                model.copy_folder(source, folder, true);
                model.remove_folder(source);
            }
            (status, expected)
        }
        Step::RenameFolder { folder, name } => {
            let (folder, name) = (FOLDERS[*folder], &NAMES[*name][..1]);
            let body = json!({ "folderPath": folder, "newFolderName": name });
            let status = post("/v1/bulkJobs/renameFolder", body).await;
            if folder == "/" {
                return Some((status, 400));
            }
            if !model.has_folder(folder) {
                return Some((status, 404));
            }
            let new = join(split(folder).0, name);
            if model.has_folder(&new) {
                return Some((status, 409));
            }
            let renamed = |path: &String| match path.strip_prefix(folder) {
                Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{new}{rest}"),
                _ => path.clone(),
            };
            model.folders = model.folders.iter().map(renamed).collect();
            let files = std::mem::take(&mut model.files);
            model.files = files
                .into_iter()
                .map(|(path, versions)| (renamed(&path), versions))
                .collect();
            (status, 202)
        }
    })
}

/// What the server holds, as the model would.
fn held(library: &Library) -> Model {
    let snapshot = library.snapshot();
    let mut model = Model::default();
    for folder in snapshot["folders"].as_array().unwrap() {
        model
            .folders
            .insert(folder["folderPath"].as_str().unwrap().to_owned());
    }
    for version in snapshot["files"].as_array().unwrap() {
        let path = version["filePath"].as_str().unwrap();
        let tags = version["tags"].as_array().into_iter().flatten();
        let tags = tags
            .map(|tag| TAGS.into_iter().find(|it| tag == it).unwrap())
            .collect();
        // The oldest come first, and only the current one has its bytes here.
        model
            .files
            .entry(path.to_owned())
            .or_default()
            .push((0, tags));
    }
    for (path, versions) in &mut model.files {
        versions.last_mut().unwrap().0 = library.bytes(path).unwrap()[0];
    }
    model
}

/// What can be seen of the model in a snapshot.
fn visible(model: &Model) -> Model {
    let mut model = model.clone();
    for versions in model.files.values_mut() {
        let older = versions.len() - 1;
        versions[..older].iter_mut().for_each(|it| it.0 = 0);
    }
    model
}

/// Reads with the client, and holds what it decodes against the response and the document.
struct Reader {
    client: Client,
    schemas: Schemas,
    operations: BTreeSet<String>,
}

impl Reader {
    fn one<T: Serialize>(&mut self, response: Result<Response<T>, Error>) -> Value {
        let response = response.unwrap();
        let decoded = serde_json::to_value(response.body()).unwrap();
        self.check(&response, decoded)
    }

    fn list<T: Serialize>(&mut self, response: Result<Response<List<T>>, Error>) -> Vec<Value> {
        let response = response.unwrap();
        let items = response.body().iter().map(|item| item.as_ref().unwrap());
        let decoded = items.map(|item| serde_json::to_value(item).unwrap());
        let decoded: Vec<Value> = decoded.collect();
        self.check(&response, decoded.clone().into());
        decoded
    }

    fn check<T>(&mut self, response: &Response<T>, decoded: Value) -> Value {
        let operation = response.operation().id();
        let raw = RawResponse {
            status: response.status(),
            headers: response.headers().clone(),
            body: response.raw_body().to_vec(),
        };
        self.schemas.check(operation, &raw);
        // What is `null` in a response is left out when it is written again.
        assert_eq!(decoded, without_nulls(raw.json()), "{operation}");
        self.operations.insert(operation.to_owned());
        decoded
    }

    fn assets(&mut self, response: Result<Response<List<Asset>>, Error>) -> Vec<Value> {
        for asset in response.as_ref().unwrap().body() {
            assert!(
                !matches!(asset, Ok(Asset::Unknown(_))),
                "the client does not know {asset:?}"
            );
        }
        self.list(response)
    }

    async fn media_library(&mut self) {
        let client = self.client.clone();
        let list = || client.list_assets().limit(1000);
        let search = r#"tags EXISTS OR type = "folder""#;
        for call in [
            list().type_(AssetListType::FileVersion),
            list().type_(AssetListType::Folder),
            list().type_(AssetListType::All),
            list().search_query(search).sort(AssetSort::DescName),
        ] {
            self.assets(call.send_with_response().await);
        }
        for file in self.assets(list().send_with_response().await) {
            let id = text(&file["fileId"]);
            self.one(client.get_file_details(id).send_with_response().await);
            self.one(client.get_file_metadata(id).send_with_response().await);
            let url = text(&file["url"]);
            self.one(client.get_metadata_from_url(url).send_with_response().await);
            for version in self.list(client.list_file_versions(id).send_with_response().await) {
                let version = text(&version["versionInfo"]["id"]);
                let version = client.get_file_version_details(id, version);
                self.one(version.send_with_response().await);
            }
        }
    }

    async fn account(&mut self) {
        let client = self.client.clone();
        let fields = client.list_custom_metadata_fields();
        self.list(fields.include_deleted(true).send_with_response().await);
        for it in self.list(client.list_saved_extensions().send_with_response().await) {
            let call = client.get_saved_extension(text(&it["id"]));
            self.one(call.send_with_response().await);
        }
        for it in self.list(
            client
                .list_named_transformations()
                .send_with_response()
                .await,
        ) {
            let call = client.get_named_transformation(text(&it["id"]));
            self.one(call.send_with_response().await);
        }
        for it in self.list(client.list_origins().send_with_response().await) {
            let call = client.get_origin(text(&it["id"]));
            self.one(call.send_with_response().await);
        }
        for it in self.list(client.list_url_endpoints().send_with_response().await) {
            let call = client.get_url_endpoint(text(&it["id"]));
            self.one(call.send_with_response().await);
        }
        for it in self.list(client.list_webhooks().send_with_response().await) {
            let call = client.get_webhook(text(&it["id"]));
            self.one(call.send_with_response().await);
        }
        let (start, end) = ("2026-01-01".parse().unwrap(), "2026-01-02".parse().unwrap());
        self.one(client.get_usage(start, end).send_with_response().await);
        let analytics = client.get_usage_analytics(start, end);
        self.one(analytics.send_with_response().await);
    }

    async fn jobs(&mut self, server: &Server) {
        let body = json!({ "folderPath": "/last", "newFolderName": "very-last" });
        let folder = json!({ "folderName": "last", "parentFolderPath": "/" });
        call(server, "POST", "/v1/folder", folder).await;
        let job = call(server, "POST", "/v1/bulkJobs/renameFolder", body)
            .await
            .json();
        let status = self.client.get_bulk_job_status(text(&job["jobId"]));
        let response = status.send_with_response().await;
        self.one(response);
        let url = format!("{}/very-last/folder/*", server.url_endpoint());
        let purge = call(server, "POST", "/v1/files/purge", json!({ "url": url }))
            .await
            .json();
        let status = self.client.get_purge_status(text(&purge["requestId"]));
        let response = status.send_with_response().await;
        self.one(response);
    }
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(entries) => {
            let entries = entries.into_iter().filter(|(_, value)| !value.is_null());
            entries
                .map(|(name, value)| (name, without_nulls(value)))
                .collect()
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        value => value,
    }
}

#[track_caller]
fn text(value: &Value) -> &str {
    let Some(text) = value.as_str() else {
        panic!("{value} is no text");
    };
    text
}

#[test]
fn random_histories_leave_what_a_simple_model_expects() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let operations = RefCell::new(BTreeSet::new());
    let config = Config {
        cases: HISTORIES,
        failure_persistence: None,
        ..Config::default()
    };
    proptest!(config, |(steps in proptest::collection::vec(step(), STEPS))| {
        let read = runtime.block_on(async {
            let server = Server::builder().library(Library::new()).record(0).start().await.unwrap();
            let mut model = Model::default();
            for (number, step) in steps.iter().enumerate() {
                if let Some((status, expected)) = perform(&server, &mut model, step).await {
                    prop_assert_eq!(status, expected, "step {}: {:?}", number, step);
                }
                prop_assert_eq!(held(&server.library()), visible(&model), "step {}: {:?}", number, step);
            }
            let client = Client::builder().base_url(server.url()).private_key(server.private_key());
            let mut reader = Reader {
                client: client.build().unwrap(),
                schemas: Schemas::default(),
                operations: BTreeSet::new(),
            };
            for name in ["CustomMetadataField", "SavedExtension", "NamedTransformation", "Origin", "Webhook"] {
                let create = operation(&format!("create{name}")).unwrap();
                call_as_documented(&server, create, "").await;
            }
            reader.media_library().await;
            reader.account().await;
            reader.jobs(&server).await;
            Ok::<_, TestCaseError>(reader.operations)
        })?;
        operations.borrow_mut().extend(read);
    });
    let reads = OPERATIONS
        .iter()
        .filter(|it| it.method == "GET")
        .map(|it| it.id.to_owned());
    assert_eq!(operations.into_inner(), reads.collect());
}
