//! The document and the tables that `cargo xtask generate` makes from it.

#[rustfmt::skip]
mod generated;
mod model;

pub use self::generated::{COMPONENTS, DOCUMENT_VERSION, OPERATIONS, SERVER, WEBHOOKS};
pub use self::model::{
    Batches, Body, Choice, Component, Discriminator, Example, Field, Job, JobState, Operation,
    Pages, Place, Response, Type, Webhook,
};
use crate::path;

/// The OpenAPI document, as YAML.
pub const DOCUMENT: &str = include_str!("../../imagekit.yaml");

/// Where a request leads.
#[derive(Clone, Debug)]
pub enum Route {
    /// To an operation, with the parameters of its path, decoded and in their order.
    Operation(&'static Operation, Vec<(&'static str, String)>),
    /// To a path that has only these other methods, such as `GET`.
    OtherMethods(Vec<&'static str>),
    /// To a path that no operation has.
    Unknown,
}

/// Returns where a request leads. Where several templates match its path, the one with fixed segments is meant,
/// whatever the method: `/v1/files/copy` is never the file `copy`.
#[must_use]
pub fn route(method: &str, path: &str) -> Route {
    let templates = OPERATIONS.iter().map(|it| (it.path, it.path));
    let Some((template, parameters)) = path::best(templates, path) else {
        return Route::Unknown;
    };
    let of_path = || OPERATIONS.iter().filter(|it| it.path == template);
    if let Some(operation) = of_path().find(|it| it.method == method) {
        return Route::Operation(operation, parameters);
    }
    let mut methods: Vec<_> = of_path().map(|it| it.method).collect();
    methods.sort_unstable();
    Route::OtherMethods(methods)
}

/// Returns the operation with this id, such as `getFileDetails`.
#[must_use]
pub fn operation(id: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|it| it.id == id)
}

/// Returns the component with this name, such as `File`.
#[must_use]
pub fn component(name: &str) -> Option<&'static Component> {
    COMPONENTS.iter().find(|it| it.name == name)
}

/// Returns the JSON Schema (draft 2020-12) of a component, as text. It refers to no other file.
#[must_use]
pub fn schema(component: &str) -> Option<&'static str> {
    find(generated::SCHEMAS, component)
}

/// Returns the JSON Schemas of all components, by name.
pub fn schemas() -> impl Iterator<Item = (&'static str, &'static str)> {
    generated::SCHEMAS.iter().copied()
}

/// Returns an example by the name of its file, such as `not-found.json`.
#[must_use]
pub fn example(file: &str) -> Option<&'static str> {
    find(generated::EXAMPLES, file)
}

/// Returns all examples, by the names of their files.
pub fn examples() -> impl Iterator<Item = (&'static str, &'static str)> {
    generated::EXAMPLES.iter().copied()
}

fn find(texts: &'static [(&str, &str)], name: &str) -> Option<&'static str> {
    let found = texts.iter().find(|(known, _)| *known == name)?;
    Some(found.1)
}
