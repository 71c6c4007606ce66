//! The models against the document: what decodes, what does not, and what is said about it.

mod documented;
mod mutations;
mod round_trips;
mod schemas;

use imagekit_tests::contract::Shape;

/// The components that are models, each with its shape.
fn models() -> impl Iterator<Item = (String, Shape)> {
    Shape::components().into_iter().filter_map(|name| {
        let _ = imagekit_client::models::round_trip(&name, b"null")?;
        let shape = Shape::of(&name);
        Some((name, shape))
    })
}
