//! The document that the real one may grow into.

use serde_json::{Map, Value, json};

/// What a document holds that is as large as ImageKit's whole API.
pub(super) const OPERATIONS: usize = 53;
pub(super) const SCHEMAS: usize = 80;

const OPERATIONS_EACH: usize = 4;

/// Adds operations, and the schemas that they need, until there are so many of them.
///
/// Each resource has an id, an open enum, an object of a dozen properties, a part of it, and what
/// creates it; they are listed, created, fetched, and changed or deleted.
pub(super) fn grown(document: &Value, operations: usize) -> Value {
    let mut document = document.clone();
    let present = entries(&mut document, "/paths").map_or(0, |paths| paths.len());
    let missing = operations.saturating_sub(present);
    for index in 0..missing.div_ceil(OPERATIONS_EACH) {
        let wanted = (missing - index * OPERATIONS_EACH).min(OPERATIONS_EACH);
        if let Some(schemas) = entries(&mut document, "/components/schemas") {
            schemas.extend(schemas_of(index));
        }
        if let Some(paths) = entries(&mut document, "/paths") {
            for (path, method, operation) in operations_of(index).into_iter().take(wanted) {
                paths.entry(path).or_insert_with(|| json!({}))[method] = operation;
            }
        }
    }
    document
}

fn entries<'a>(document: &'a mut Value, pointer: &str) -> Option<&'a mut Map<String, Value>> {
    document.pointer_mut(pointer)?.as_object_mut()
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn schemas_of(index: usize) -> Vec<(String, Value)> {
    let name = format!("Resource{index}");
    let text = |description: &str| json!({ "type": "string", "description": description });
    let described = |name: String, description: &str| json!({ "description": description, "allOf": [reference(&name)] });
    let id = json!({
        "type": "string",
        "description": "Identifies a resource.",
        "minLength": 1,
        "pattern": r"^(?!\.{1,2}$)[^\\\x00-\x1f\x7f]+$",
    });
    let state = json!({
        "description": "How far it is. More values may come.",
        "anyOf": [{ "type": "string", "enum": ["pending", "ready", "failed"] }, { "type": "string" }],
    });
    let part = json!({
        "type": "object",
        "description": "A part of a resource.",
        "required": ["name"],
        "properties": {
            "name": text("What it is called."),
            "weight": { "type": "number", "format": "double", "description": "In percent." },
        },
    });
    // With one resource that has the parts of another, the sum is what it should be.
    let has_part = index > 0;
    let part_name = format!("Resource{}Part", index.max(1));
    let part_name = if has_part {
        part_name
    } else {
        "AiTag".to_owned()
    };
    let resource = json!({
        "type": "object",
        "description": "A resource of the account.",
        "required": ["id", "name"],
        "properties": {
            "id": described(format!("{name}Id"), "Never absent."),
            "state": described(format!("{name}State"), "How far it is."),
            "name": text("What it is called."),
            "description": { "type": "string", "nullable": true, "description": "In words." },
            "owner": text("Whose it is."),
            "isEnabled": { "type": "boolean", "description": "Whether it is in use." },
            "size": { "type": "integer", "format": "int64", "description": "In bytes." },
            "ratio": { "type": "number", "format": "double", "description": "In percent." },
            "tags": {
                "type": "array",
                "nullable": true,
                "description": "Null if there are none.",
                "items": { "type": "string" },
            },
            "parts": { "type": "array", "description": "In their order.", "items": reference(&part_name) },
            "createdAt": { "type": "string", "format": "date-time", "description": "The beginning." },
            "updatedAt": { "type": "string", "format": "date-time", "description": "The last change." },
        },
    });
    let input = json!({
        "type": "object",
        "description": "What a resource is made of.",
        "required": ["name"],
        "properties": {
            "name": text("What to call it."),
            "description": text("In words."),
            "isEnabled": { "type": "boolean", "description": "Whether to use it." },
            "tags": { "type": "array", "description": "Its tags.", "items": { "type": "string" } },
        },
    });
    let mut schemas = vec![
        (format!("{name}Id"), id),
        (format!("{name}State"), state),
        (format!("{name}Input"), input),
        (name, resource),
    ];
    if has_part {
        schemas.push((part_name, part));
    }
    schemas
}

fn operations_of(index: usize) -> [(String, &'static str, Value); OPERATIONS_EACH] {
    let name = format!("Resource{index}");
    let all = format!("/v1/resource{index}");
    let one = format!("{all}/{{resourceId}}");
    let content = |schema: Value| json!({ "application/json": { "schema": schema } });
    let answer = |schema: Value| json!({ "description": "Done.", "content": content(schema) });
    let operation = |verb: &str, parameters: Value, status: &str, answer: Value| {
        json!({
            "operationId": format!("{verb}{name}"),
            "tags": ["File versions"],
            "summary": "Does something with resources",
            "description": "What it does, in a sentence.",
            "parameters": parameters,
            "responses": {
                status: answer,
                "4XX": { "$ref": "#/components/responses/ClientError" },
                "5XX": { "$ref": "#/components/responses/ServerError" },
            },
        })
    };
    let with_body = |mut operation: Value| {
        operation["requestBody"] = json!({
            "required": true,
            "content": content(reference(&format!("{name}Input"))),
        });
        operation
    };
    let id = json!([{
        "name": "resourceId",
        "in": "path",
        "required": true,
        "description": "Which one.",
        "schema": reference(&format!("{name}Id")),
        "example": "598821f949c0a938d57563bd",
    }]);
    let query: Vec<Value> = [
        ("limit", json!({ "type": "integer", "format": "int64" })),
        ("skip", json!({ "type": "integer", "format": "int64" })),
        ("search", json!({ "type": "string" })),
        ("sort", json!({ "type": "string" })),
        ("path", json!({ "type": "string" })),
        ("tags", json!({ "type": "array", "items": { "type": "string" } })),
    ]
    .into_iter()
    .map(|(name, schema)| {
        json!({ "name": name, "in": "query", "description": "Which of them.", "schema": schema })
    })
    .collect();
    let list = json!({ "type": "array", "items": reference(&name) });
    let last = if index.is_multiple_of(2) {
        let change = operation("update", id.clone(), "200", answer(reference(&name)));
        (one.clone(), "patch", with_body(change))
    } else {
        let gone = json!({ "description": "Gone." });
        (
            one.clone(),
            "delete",
            operation("delete", id.clone(), "204", gone),
        )
    };
    let create = operation("create", json!([]), "201", answer(reference(&name)));
    [
        (
            one,
            "get",
            operation("get", id, "200", answer(reference(&name))),
        ),
        (
            all.clone(),
            "get",
            operation("list", query.into(), "200", answer(list)),
        ),
        (all, "post", with_body(create)),
        last,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_to_the_size_that_was_asked_for() {
        let real = include_str!("../../../openapi/imagekit.yaml");
        let real: Value = serde_saphyr::from_str(real).unwrap();
        for operations in [10, 31, OPERATIONS] {
            let grown = grown(&real, operations);
            let paths = grown["paths"].as_object().unwrap().values();
            let found: usize = paths.map(|item| item.as_object().unwrap().len()).sum();
            assert_eq!(found, operations);
        }
        let largest = grown(&real, OPERATIONS);
        let schemas = largest["components"]["schemas"].as_object().unwrap();
        assert_eq!(schemas.len(), SCHEMAS);
    }

    #[test]
    fn it_can_be_generated() {
        let real = include_str!("../../../openapi/imagekit.yaml");
        let real: Value = serde_saphyr::from_str(real).unwrap();
        let root = tempfile::tempdir().unwrap();
        let document = root.path().join(crate::rules::DOCUMENT);
        std::fs::create_dir_all(document.parent().unwrap()).unwrap();
        std::fs::write(document, grown(&real, OPERATIONS).to_string()).unwrap();
        let contract = crate::rules::Contract::read(root.path()).unwrap();
        if let Err(findings) = crate::generate::client(&contract) {
            panic!("{findings:#?}");
        }
    }
}
