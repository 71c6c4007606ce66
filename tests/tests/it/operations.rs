//! Every operation of the document on the wire, with cases that come from the document and its examples alone.

use std::collections::BTreeMap;

use imagekit_client::Client;
use imagekit_client::models::{Called, call};
use imagekit_tests::contract::Shape;
use imagekit_tests::wire::{Received, Reply, Server};
use imagekit_tests::{example, workspace_file};
use serde_json::{Map, Value, json};

/// An operation of the document, with what tests need of it.
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) node: Value,
}

pub(crate) struct Document(pub(crate) Value);

impl Document {
    pub(crate) fn read() -> Self {
        let text = std::fs::read_to_string(workspace_file("openapi/imagekit.yaml")).unwrap();
        let options = serde_saphyr::options! { budget: None };
        Self(serde_saphyr::from_str_with_options(&text, options).unwrap())
    }

    pub(crate) fn operations(&self) -> Vec<Operation> {
        let mut operations = Vec::new();
        for (path, item) in self.0["paths"].as_object().unwrap() {
            for (method, node) in item.as_object().unwrap() {
                if let Some(id) = node["operationId"].as_str() {
                    operations.push(Operation {
                        id: id.to_owned(),
                        method: method.to_uppercase(),
                        path: path.clone(),
                        node: node.clone(),
                    });
                }
            }
        }
        operations
    }

    pub(crate) fn resolve<'a>(&'a self, node: &'a Value) -> &'a Value {
        match node["$ref"].as_str() {
            Some(reference) => self.resolve(self.0.pointer(&reference[1..]).unwrap()),
            None => node,
        }
    }

    fn parameters(&self, operation: &Operation) -> Vec<Value> {
        let own = operation.node["parameters"].as_array();
        own.into_iter()
            .flatten()
            .map(|it| self.resolve(it).clone())
            .collect()
    }

    /// The media type and the component of the body.
    fn body(&self, operation: &Operation) -> Option<(String, String, Vec<Value>)> {
        let content = self.resolve(operation.node.get("requestBody")?)["content"].as_object()?;
        let (media_type, content) = content.iter().next()?;
        let component = component(&content["schema"])?;
        let examples = content["examples"].as_object().into_iter().flatten();
        let examples = examples.map(|(_, it)| file(it)).collect();
        Some((media_type.clone(), component, examples))
    }

    /// Status, schema and body of each documented response.
    pub(crate) fn responses(&self, operation: &Operation) -> Vec<(u16, Value, Value)> {
        let mut found = Vec::new();
        for (status, response) in operation.node["responses"].as_object().unwrap() {
            let Ok(status) = status.parse() else { continue };
            let content = &self.resolve(response)["content"]["application/json"];
            for (_, it) in content["examples"].as_object().into_iter().flatten() {
                found.push((status, content["schema"].clone(), file(it)));
            }
            if content.is_null() {
                found.push((status, Value::Null, Value::Null));
            }
        }
        found
    }

    /// Whether the properties of a body are parameters of its operation.
    fn is_flattened(&self, component: &str, operation: &str) -> bool {
        !matches!(component, "OriginRequest") && !operation.is_empty() && {
            let schema = self
                .0
                .pointer(&format!("/components/schemas/{component}"))
                .unwrap();
            schema.get("properties").is_some()
        }
    }
}

pub(crate) fn component(schema: &Value) -> Option<String> {
    let reference = schema["$ref"].as_str()?;
    reference.rsplit('/').next().map(str::to_owned)
}

fn file(node: &Value) -> Value {
    let path = node["externalValue"].as_str().unwrap();
    let name = path.strip_prefix("examples/").unwrap();
    serde_json::from_str(&example(name)).unwrap()
}

/// What a call sends: its parameters as one object, and what is expected on the wire.
pub(crate) struct Case {
    pub(crate) given: Map<String, Value>,
    pub(crate) target: String,
    pub(crate) body: Option<Value>,
    pub(crate) form: Option<BTreeMap<String, String>>,
}

fn encoded(text: &str) -> String {
    let mut url = url::Url::parse("https://h").unwrap();
    url.path_segments_mut().unwrap().push(text);
    url.path()[1..].to_owned()
}

/// The cases of an operation: with what is required, with each documented request, and with everything set.
pub(crate) fn cases(document: &Document, operation: &Operation) -> Vec<Case> {
    let parameters = document.parameters(operation);
    let mut path = operation.path.clone();
    let mut ids = Map::new();
    for parameter in parameters.iter().filter(|it| it["in"] == "path") {
        let name = parameter["name"].as_str().unwrap();
        path = path.replace(
            &format!("{{{name}}}"),
            &encoded(parameter["example"].as_str().unwrap()),
        );
        ids.insert(name.to_owned(), parameter["example"].clone());
    }
    let target = |everything: bool, given: &mut Map<String, Value>| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let mut arguments = Vec::new();
        let mut setters = Vec::new();
        for parameter in parameters.iter().filter(|it| it["in"] == "query") {
            let required = parameter["required"] == true;
            if !required && !everything {
                continue;
            }
            let value = parameter
                .get("example")
                .cloned()
                .unwrap_or_else(|| sample(document, parameter));
            let name = parameter["name"].as_str().unwrap().to_owned();
            given.insert(name.clone(), value.clone());
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            if required {
                arguments.push((name, text))
            } else {
                setters.push((name, text))
            }
        }
        let order: Vec<&str> = strings(&operation.node["x-arguments"]);
        arguments.sort_by_key(|(name, _)| order.iter().position(|it| it == name));
        query.extend_pairs(arguments.into_iter().chain(setters));
        match query.finish() {
            query if query.is_empty() => path.clone(),
            query => format!("{path}?{query}"),
        }
    };
    let mut cases = Vec::new();
    let mut add = |everything: bool, body: Option<&Value>, whole: Option<&str>, form: bool| {
        let mut given = ids.clone();
        let target = target(everything, &mut given);
        let mut fields = None;
        if let Some(body) = body {
            if let Some(name) = whole {
                given.insert(name.to_owned(), body.clone());
            } else {
                given.extend(body.as_object().unwrap().clone());
            }
            if form {
                fields = Some(texts(body));
            }
        }
        cases.push(Case {
            given,
            target,
            body: body.filter(|_| !form).cloned(),
            form: fields,
        });
    };
    let Some((media_type, body, examples)) = document.body(operation) else {
        add(false, None, None, false);
        add(true, None, None, false);
        return cases;
    };
    let is_form = media_type == "multipart/form-data";
    let schema = document
        .0
        .pointer(&format!("/components/schemas/{body}"))
        .unwrap();
    if !document.is_flattened(&body, &operation.id) {
        let name = heck::ToSnakeCase::to_snake_case(body.as_str());
        for example in &examples {
            add(true, Some(example), Some(&name), false);
        }
        return cases;
    }
    let full = if is_form {
        form_values(document, schema)
    } else {
        Shape::of(&body).full()
    };
    let required = strings(&schema["required"]);
    let alone = |name: &str| schema["properties"][name]["x-alone"] == true;
    let pick = |keep: &dyn Fn(&str) -> bool| -> Value {
        let entries = full
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, _)| keep(name));
        entries
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    };
    add(
        false,
        Some(&pick(&|name| required.contains(&name))),
        None,
        is_form,
    );
    add(true, Some(&pick(&|name| !alone(name))), None, is_form);
    for name in schema["properties"]
        .as_object()
        .unwrap()
        .keys()
        .filter(|name| alone(name))
    {
        add(false, Some(&pick(&|it| it == name)), None, is_form);
    }
    if !is_form {
        for example in &examples {
            add(false, Some(example), None, false);
        }
    }
    cases
}

fn strings(list: &Value) -> Vec<&str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// A value for a parameter without an example.
fn sample(document: &Document, parameter: &Value) -> Value {
    let schema = document.resolve(&parameter["schema"]);
    if let Some(listed) = schema["anyOf"][0]["enum"].get(0) {
        return listed.clone();
    }
    match schema["type"].as_str() {
        Some("integer") => schema.get("minimum").cloned().unwrap_or(json!(7)),
        Some("boolean") => json!(true),
        _ => json!("a b&c=d \"ü\""),
    }
}

/// The values of a form, each in its real type.
fn form_values(document: &Document, schema: &Value) -> Value {
    let properties = schema["properties"].as_object().unwrap();
    let value = |property: &Value| match (property["format"].as_str(), property["type"].as_str()) {
        (Some("binary"), _) => json!("the content"),
        (Some("comma-separated"), _) => {
            let items = document.resolve(&property["x-value"]["items"]);
            let listed = items["anyOf"][0]["enum"].as_array();
            listed.map_or(json!(["a", "b c"]), |listed| json!(listed))
        }
        (Some("json"), _) => match component(&property["x-value"]) {
            Some(component) => Shape::of(&component).full(),
            None => json!([Shape::of(&component(&property["x-value"]["items"]).unwrap()).full()]),
        },
        (_, Some("boolean")) => json!(false),
        (_, Some("integer")) => json!(1_782_000_000),
        _ => json!("text"),
    };
    properties
        .iter()
        .map(|(name, property)| (name.clone(), value(property)))
        .collect()
}

/// The documented texts of a form on the wire.
fn texts(form: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(Value::is_string) => items
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(","),
        other => other.to_string(),
    };
    form.as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), text(value)))
        .collect()
}

/// The fields of a form as they arrived, by an independent parser.
async fn parsed(received: &Received) -> BTreeMap<String, String> {
    let content_type = received.header("content-type").unwrap();
    let boundary = multer::parse_boundary(content_type).unwrap();
    let body = bytes::Bytes::from(received.body.clone());
    let stream = futures_util::stream::once(async move { Ok::<_, std::io::Error>(body) });
    let mut form = multer::Multipart::new(stream, boundary);
    let mut fields = BTreeMap::new();
    while let Some(field) = form.next_field().await.unwrap() {
        let name = field.name().unwrap().to_owned();
        fields.insert(name, field.text().await.unwrap());
    }
    fields
}

pub(crate) async fn send(
    client: &Client,
    operation: &Operation,
    given: Map<String, Value>,
) -> Called {
    let shown = Value::Object(given.clone());
    call(client, &operation.id, given)
        .await
        .unwrap_or_else(|error| panic!("{}: {error}: {shown}", operation.id))
}

#[tokio::test]
async fn every_operation_sends_exactly_what_the_document_says() {
    let document = Document::read();
    let mut count = 0;
    for operation in document.operations() {
        for case in cases(&document, &operation) {
            let server = Server::start([Reply::json("500 Internal Server Error", "{}")]).await;
            let client = server.client().max_retries(0).build().unwrap();
            let called = send(&client, &operation, case.given.clone()).await;
            let error = called.outcome.err().unwrap();
            assert!(
                error.is_server_error(),
                "{}: {error}: {}",
                operation.id,
                Value::Object(case.given)
            );
            let [received] = &server.received()[..] else {
                panic!("{}: one request", operation.id);
            };
            let id = &operation.id;
            let line = format!("{} {} HTTP/1.1", operation.method, case.target);
            assert_eq!(received.line(), line, "{id}");
            match (&case.body, &case.form) {
                (Some(body), _) => {
                    let sent: Value = serde_json::from_slice(&received.body).unwrap();
                    assert_eq!(sent, *body, "{id}");
                    assert_eq!(
                        received.header("content-type"),
                        Some("application/json"),
                        "{id}"
                    );
                }
                (_, Some(form)) => {
                    assert_eq!(parsed(received).await, *form, "{id}");
                    assert!(received.header("content-length").is_some(), "{id}");
                }
                _ => assert!(received.body.is_empty(), "{id}"),
            }
            count += 1;
        }
    }
    println!("{count} requests");
    assert!(count > 120, "{count}");
}

#[tokio::test]
async fn every_documented_response_decodes_and_keeps_everything() {
    let document = Document::read();
    let (mut successes, mut failures) = (0, 0);
    for operation in document.operations() {
        let id = &operation.id;
        for (status, schema, body) in document.responses(&operation) {
            let text = if schema.is_null() {
                String::new()
            } else {
                body.to_string()
            };
            let reply = format!("{status} Status");
            let server = Server::start([Reply::json(&reply, &text)]).await;
            let client = server.client().max_retries(0).build().unwrap();
            let given = cases(&document, &operation).remove(0).given;
            let called = send(&client, &operation, given).await;
            if status >= 300 {
                failures += 1;
                let error = called.outcome.err().unwrap();
                assert_eq!(error.status().unwrap().as_u16(), status, "{id}");
                assert_eq!(error.request_id(), Some("req-1"), "{id}");
                assert_eq!(error.api_message(), body["message"].as_str(), "{id}");
                assert_eq!(error.reason(), body["reason"].as_str(), "{id}");
                assert_eq!(error.help(), body["help"].as_str(), "{id}");
                assert_eq!(&error.body().unwrap()[..], text.as_bytes(), "{id}");
                assert_eq!(error.operation().unwrap().id(), id);
                continue;
            }
            successes += 1;
            let success = called
                .outcome
                .unwrap_or_else(|error| panic!("{id}: {error}"));
            assert_eq!(success.status, status, "{id}");
            assert_eq!(success.request_id.as_deref(), Some("req-1"), "{id}");
            assert_eq!(&success.raw_body[..], text.as_bytes(), "{id}");
            let one = component(&schema);
            let item = component(&schema["items"]);
            match (one, item) {
                (Some(component), _) if component != "Acknowledgement" => {
                    let shape = Shape::of(&component);
                    assert_eq!(shape.held(&success.encoded), shape.held(&body), "{id}");
                    assert_eq!(success.encoded, without_null(&body), "{id}");
                }
                (_, Some(component)) => {
                    let shape = Shape::of(&component);
                    let (encoded, body) = (
                        success.encoded.as_array().unwrap(),
                        body.as_array().unwrap(),
                    );
                    assert_eq!(encoded.len(), body.len(), "{id}");
                    for (encoded, item) in encoded.iter().zip(body) {
                        assert_eq!(shape.held(encoded), shape.held(item), "{id}");
                        assert_eq!(*encoded, without_null(item), "{id}");
                    }
                }
                _ => assert!(success.encoded.is_null(), "{id}"),
            }
        }
    }
    println!("{successes} successes and {failures} failures");
    assert!(successes > 80 && failures > 60, "{successes} {failures}");
}

/// Without properties that are null, which are the same as absent in the models. Free values keep theirs.
fn without_null(value: &Value) -> Value {
    let Value::Object(entries) = value else {
        return value.clone();
    };
    let kept = entries.iter().filter(|(_, value)| !value.is_null());
    kept.map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

#[tokio::test]
async fn a_success_with_an_undocumented_2xx_status_is_accepted() {
    let document = Document::read();
    for operation in document.operations() {
        let Some((_, schema, body)) = document
            .responses(&operation)
            .into_iter()
            .find(|(status, ..)| *status < 300)
        else {
            continue;
        };
        let text = if schema.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let server = Server::start([Reply::json("203 Non-Authoritative Information", &text)]).await;
        let client = server.client().build().unwrap();
        let given = cases(&document, &operation).remove(0).given;
        let called = send(&client, &operation, given).await;
        let success = called
            .outcome
            .unwrap_or_else(|error| panic!("{}: {error}", operation.id));
        assert_eq!(success.status, 203, "{}", operation.id);
    }
}

#[tokio::test]
async fn each_nullable_property_of_a_request_has_three_states() {
    let server = Server::start([Reply::json("500 Internal Server Error", "{}")]).await;
    let client = server.client().max_retries(0).build().unwrap();
    let file = || client.update_file_details("598821f949c0a938d57563bd");
    for (call, body) in [
        (file(), json!({})),
        (file().tags(["a", "b"]), json!({ "tags": ["a", "b"] })),
        (file().clear_tags(), json!({ "tags": null })),
        (
            file().set_or_clear_tags(None::<[&str; 0]>),
            json!({ "tags": null }),
        ),
        (
            file().set_or_clear_tags(Some(["a"])),
            json!({ "tags": ["a"] }),
        ),
        (file().tags(Vec::<String>::new()), json!({ "tags": [] })),
        (
            file().custom_coordinates("1,2,3,4"),
            json!({ "customCoordinates": "1,2,3,4" }),
        ),
        (
            file().clear_custom_coordinates(),
            json!({ "customCoordinates": null }),
        ),
        (
            file().clear_tags().tags(["last"]),
            json!({ "tags": ["last"] }),
        ),
    ] {
        let _ = call.send().await.unwrap_err();
        let received = server.received().pop().unwrap();
        assert_eq!(
            serde_json::from_slice::<Value>(&received.body).unwrap(),
            body
        );
    }
}

#[test]
fn any_states_of_the_properties_of_a_request_are_its_body() {
    use proptest::collection::vec;
    use proptest::option::of;
    use proptest::prelude::*;
    use proptest::test_runner::{Config, TestRunner};

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (server, client) = runtime.block_on(async {
        let server = Server::start([Reply::json("500 Internal Server Error", "{}")]).await;
        let client = server.client().max_retries(0).build().unwrap();
        (server, client)
    });
    // Nothing said, nothing wanted, or a value.
    let states = (of(of(vec(any::<String>(), 0..4))), of(of(any::<String>())));
    let mut runner = TestRunner::new(Config {
        cases: 200,
        failure_persistence: None,
        ..Config::default()
    });
    let outcome = runner.run(&states, |(tags, coordinates)| {
        let mut call = client.update_file_details("598821f949c0a938d57563bd");
        let mut expected = Map::new();
        if let Some(tags) = tags {
            expected.insert("tags".to_owned(), json!(tags));
            call = call.set_or_clear_tags(tags);
        }
        if let Some(coordinates) = coordinates {
            expected.insert("customCoordinates".to_owned(), json!(coordinates));
            call = call.set_or_clear_custom_coordinates(coordinates);
        }
        runtime.block_on(call.send()).unwrap_err();
        let received = server.received().pop().unwrap();
        let body: Value = serde_json::from_slice(&received.body).unwrap();
        prop_assert_eq!(body, Value::Object(expected));
        Ok(())
    });
    outcome.unwrap();
}

#[tokio::test]
async fn a_property_that_must_be_alone_is_refused_beside_others() {
    let server = Server::start([Reply::json("500 Internal Server Error", "{}")]).await;
    let client = server.client().max_retries(0).build().unwrap();
    let publication = imagekit_client::types::Publication::new(true);
    let call = client
        .update_file_details("598821f949c0a938d57563bd")
        .publish(publication)
        .tags(["a"]);
    let error = call.send().await.unwrap_err();
    assert!(error.is_invalid_request(), "{error}");
    assert!(error.to_string().contains("publish"), "{error}");
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn a_list_with_an_odd_item_loses_that_item_alone() {
    let document: Vec<Value> =
        serde_json::from_str(&example("list-and-search-assets-mixed.json")).unwrap();
    let mut items = document.clone();
    items.insert(
        1,
        json!({ "type": "file", "fileId": "odd", "size": "large" }),
    );
    items.push(json!({ "type": "hologram", "depth": 3 }));
    items.push(json!({ "no": "type" }));
    let server = Server::start([Reply::json(
        "200 OK",
        Value::from(items.clone()).to_string(),
    )])
    .await;
    let client = server.client().build().unwrap();
    let list = client.list_assets().send().await.unwrap();
    assert_eq!(list.len(), items.len());
    let mut list = list.into_iter();
    assert!(list.next().unwrap().is_ok());
    let error = list.next().unwrap().unwrap_err();
    assert!(
        error.is_decode() && error.to_string().contains("$[1].size: "),
        "{error}"
    );
    let rest: Vec<_> = list.map(Result::unwrap).collect();
    let [.., hologram, untyped] = &rest[..] else {
        panic!("items")
    };
    let imagekit_client::types::Asset::Unknown(hologram) = hologram else {
        panic!("{hologram:?}")
    };
    assert_eq!(
        (hologram.tag(), &hologram.json()["depth"]),
        (Some("hologram"), &json!(3))
    );
    let imagekit_client::types::Asset::Unknown(untyped) = untyped else {
        panic!("{untyped:?}")
    };
    assert_eq!(untyped.tag(), None);
}

#[tokio::test]
async fn a_list_of_odd_items_is_redacted_once_for_all_of_them() {
    let odd = json!({ "type": "file", "fileId": "odd", "size": "large" });
    let page = Value::from(vec![odd; 1000]).to_string();
    let server = Server::start([Reply::json("200 OK", &page)]).await;
    let client = server.client().build().unwrap();
    let list = client.list_assets().send().await.unwrap();
    let errors: Vec<_> = list.into_iter().filter_map(Result::err).collect();
    assert_eq!(errors.len(), 1000);
    // The same bytes, not the same text: what is done for each item takes the square of their number.
    let body = |index: usize| errors[index].body().unwrap().as_ptr();
    assert_eq!(body(0), body(999));
    assert!(
        errors[999].to_string().contains("$[999].size: "),
        "{}",
        errors[999]
    );
}

#[tokio::test]
async fn partial_successes_are_told_apart() {
    use imagekit_client::operations::RenameFileResponse;
    let reply = |status: &str, name: &str| Reply::json(status, example(name));
    let server = Server::start([
        reply("207 Multi-Status", "rename-file-207.json"),
        reply("200 OK", "rename-file-purge.json"),
        reply("207 Multi-Status", "delete-multiple-files-207.json"),
    ])
    .await;
    let client = server.client().build().unwrap();
    let refused = client
        .rename_file("/a/b.jpg", "c.jpg")
        .purge_cache(true)
        .send()
        .await
        .unwrap();
    assert!(
        matches!(refused, RenameFileResponse::RenamedFileNotPurged(_)),
        "{refused:?}"
    );
    let renamed = client
        .rename_file("/a/b.jpg", "c.jpg")
        .send()
        .await
        .unwrap();
    assert!(
        matches!(renamed, RenameFileResponse::RenamedFile(_)),
        "{renamed:?}"
    );
    let deleted = client
        .delete_multiple_files(["a", "b", "c"])
        .send()
        .await
        .unwrap();
    assert!(!deleted.errors.unwrap_or_default().is_empty());
}
