#![doc = include_str!("../README.md")]

/// Has the examples of the page for users compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../docs/urls.md")]
struct UrlsPage;

mod builder;
mod effect;
mod encode;
mod endpoint;
mod error;
mod layer;
mod responsive;
mod sign;
mod transformation;
mod value;

pub use builder::{DeliveryUrl, Position, Rendition, UrlBuilder};
pub use effect::{
    ColorReplacement, Colorize, Distortion, DropShadow, Gradient, Shadow, UnsharpMask,
};
pub use endpoint::Endpoint;
pub use error::{Error, InvalidValue};
pub use layer::{Encoding, Layer};
pub use responsive::{Candidate, Descriptor, Responsive, ResponsiveImage};
pub use sign::{Expiry, PrivateKey, VerifyError};
pub use transformation::Transformation;
pub use value::{
    Alignment, Anchor, AspectRatio, AudioCodec, Background, Color, Crop, CropMode, Dimension,
    Expression, Flip, Focus, Format, IntoValue, LayerMode, Number, Operand, Padding, Page, Prompt,
    Radius, Rotation, StreamingResolution, TextStyle, Trim, Variable, VideoCodec,
};
