use std::collections::BTreeSet;

use imagekit_openapi::path::Segment;
use imagekit_openapi::{
    COMPONENTS, Field, OPERATIONS, Place, Route, Type, WEBHOOKS, component, example, examples,
    operation, route, schema, schemas,
};
use serde_json::Value;

#[test]
fn every_operation_leads_to_what_it_names() {
    assert_eq!(
        OPERATIONS.len(),
        imagekit_openapi::DOCUMENT.matches("operationId:").count()
    );
    let commands: BTreeSet<_> = OPERATIONS.iter().map(|it| it.command).collect();
    assert_eq!(commands.len(), OPERATIONS.len());
    for operation in OPERATIONS {
        let id = operation.id;
        let variables = operation.segments().filter_map(|segment| match segment {
            Segment::Variable(name) => Some(name),
            Segment::Fixed(_) => None,
        });
        let variables: Vec<_> = variables.collect();
        let parameters = operation.parameters_in(Place::Path).map(|it| it.name);
        assert_eq!(variables, parameters.collect::<Vec<_>>(), "{id}");
        assert!(operation.arguments.starts_with(&variables), "{id}");
        assert!(operation.success().is_some(), "{id}");
        for response in operation.responses {
            assert!(
                response.component.is_none_or(|it| component(it).is_some()),
                "{id}"
            );
            assert!(response.status_code() >= 200, "{id}");
        }
        let of_body = operation.body.iter().flat_map(|it| it.examples);
        for shown in of_body.chain(operation.responses.iter().flat_map(|it| it.examples)) {
            assert!(example(shown.file).is_some(), "{id}: {}", shown.file);
        }
        for other in operation.job.iter().map(|it| it.operation) {
            let state = imagekit_openapi::operation(other)
                .unwrap()
                .job_state
                .as_ref();
            assert!(state.is_some(), "{id}");
        }
    }
}

#[test]
fn every_request_path_leads_back_to_its_operation() {
    for wanted in OPERATIONS {
        let values: Vec<_> = wanted.parameters_in(Place::Path).map(|_| "a/b c").collect();
        let path = wanted.path_with(&values).unwrap();
        match route(wanted.method, &path) {
            Route::Operation(found, parameters) => {
                assert_eq!(found.id, wanted.id);
                assert!(parameters.iter().all(|(_, value)| value == "a/b c"));
                assert_eq!(parameters.len(), values.len());
            }
            other => panic!("{path}: {other:?}"),
        }
        assert!(
            matches!(route("TRACE", &path), Route::OtherMethods(methods) if methods.contains(&wanted.method))
        );
    }
    assert!(matches!(route("GET", "/v1/nowhere"), Route::Unknown));
    let copy = route("DELETE", "/v1/files/copy");
    assert!(matches!(copy, Route::OtherMethods(methods) if methods == ["POST"]));
}

#[test]
fn every_field_has_words_and_a_schema() {
    let of_operations = OPERATIONS.iter().flat_map(|it| it.fields());
    let of_components = COMPONENTS.iter().flat_map(|it| it.properties);
    for field in of_operations.chain(of_components) {
        let Field {
            name,
            label,
            description,
            ..
        } = field;
        assert!(
            !name.is_empty() && !label.is_empty() && !description.is_empty(),
            "{name}"
        );
        let schema: Value = serde_json::from_str(field.schema).unwrap();
        assert!(schema.is_object(), "{name}");
        assert!(
            field.component.is_none_or(|it| component(it).is_some()),
            "{name}"
        );
    }
}

#[test]
fn components_have_schemas_with_ids_and_variants() {
    assert_eq!(COMPONENTS.len(), schemas().count());
    for component in COMPONENTS {
        let schema: Value = serde_json::from_str(schema(component.name).unwrap()).unwrap();
        let id = schema["$id"].as_str().unwrap();
        assert!(id.ends_with(&format!("/{}.json", component.name)), "{id}");
        for (tag, _) in component.discriminator.iter().flat_map(|it| it.mapping) {
            assert!(
                component.variant(tag).is_some(),
                "{}: {tag}",
                component.name
            );
        }
    }
    for (file, text) in examples() {
        assert!(serde_json::from_str::<Value>(text).is_ok(), "{file}");
    }
    assert_eq!(WEBHOOKS[0].component, Some("Event"));
}

#[test]
fn fields_say_what_a_renderer_needs() {
    let version = component("FileVersion")
        .or_else(|| component("File"))
        .unwrap();
    let property = |name: &str| version.property(name).unwrap();
    assert_eq!(property("AITags").label, "AI tags");
    assert_eq!(property("fileId").label, "File ID");
    assert_eq!(property("width").unit, Some("pixels"));
    assert_eq!(property("size").unit, Some("bytes"));
    assert_eq!(property("createdAt").format, Some("date-time"));
    assert_eq!(property("tags").ty, Type::Array(&Type::String));
    assert_eq!(property("tags").unit, None);
    let upload = operation("uploadFile").unwrap();
    let tags = upload.fields().find(|it| it.name == "tags").unwrap();
    assert_eq!(
        (tags.ty, tags.format),
        (Type::Array(&Type::String), Some("comma-separated"))
    );
    assert_eq!(upload.arguments, ["file", "fileName"]);
    let webhook = component("Webhook").unwrap();
    assert!(webhook.property("secret").unwrap().secret);
}

#[test]
fn a_status_is_looked_up_before_its_class() {
    let details = operation("getFileDetails").unwrap();
    assert_eq!(details.success().unwrap().status, "200");
    assert_eq!(details.response(400).unwrap().status, "400");
    assert_eq!(details.response(429).unwrap().status, "4XX");
    assert!(details.response(302).is_none());
    let upload = operation("uploadFile").unwrap();
    assert_eq!(upload.success().unwrap().status, "200");
    assert_eq!(upload.response(202).unwrap().status, "202");
}
