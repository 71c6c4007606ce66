//! Effects that take several values.

use crate::error::InvalidValue;
use crate::value::{self, Anchor, Color, Expression, IntoValue, Number, Value};

/// The values of an effect, each with its key, joined by `_`; none at all is the effect as ImageKit has it.
#[derive(Debug, Clone, Default, PartialEq)]
struct Settings(String);

impl Settings {
    fn add(&mut self, key: &str, value: &dyn Value) {
        if !self.0.is_empty() {
            self.0.push('_');
        }
        self.0.push_str(key);
        value::push(&mut self.0, "-", value);
    }

    fn value(self) -> Option<String> {
        (!self.0.is_empty()).then_some(self.0)
    }
}

/// A shadow behind an image with transparency; what is not set is as ImageKit has it.
///
/// ```
/// use imagekit_url::{Shadow, Transformation};
///
/// let shadow = Shadow::new().blur(15).x(-10);
/// assert_eq!(Transformation::new().shadow(shadow).text()?, "e-shadow-bl-15_x-N10");
/// assert_eq!(Transformation::new().shadow(Shadow::new()).text()?, "e-shadow");
/// # Ok::<(), imagekit_url::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shadow(Settings);

impl Shadow {
    /// Returns the shadow as ImageKit has it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the blur, 0 to 15.
    pub fn blur(mut self, blur: impl Into<Number>) -> Self {
        self.0.add("bl", &blur.into());
        self
    }

    /// Sets the saturation, 0 to 100.
    pub fn saturation(mut self, saturation: impl Into<Number>) -> Self {
        self.0.add("st", &saturation.into());
        self
    }

    /// Sets the horizontal offset in percent of the width, -100 to 100.
    pub fn x(mut self, offset: impl Into<Number>) -> Self {
        self.0.add("x", &offset.into());
        self
    }

    /// Sets the vertical offset in percent of the height, -100 to 100.
    pub fn y(mut self, offset: impl Into<Number>) -> Self {
        self.0.add("y", &offset.into());
        self
    }

    pub(crate) fn value(self) -> Option<String> {
        self.0.value()
    }
}

/// A shadow that an image model paints; what is not set is as ImageKit has it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DropShadow(Settings);

impl DropShadow {
    /// Returns the shadow as ImageKit has it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the direction of the light in degrees, 0 to 360.
    pub fn azimuth(mut self, degrees: impl Into<Number>) -> Self {
        self.0.add("az", &degrees.into());
        self
    }

    /// Sets the height of the light in degrees, 0 to 90.
    pub fn elevation(mut self, degrees: impl Into<Number>) -> Self {
        self.0.add("el", &degrees.into());
        self
    }

    /// Sets the saturation, 0 to 100.
    pub fn saturation(mut self, saturation: impl Into<Number>) -> Self {
        self.0.add("st", &saturation.into());
        self
    }

    pub(crate) fn value(self) -> Option<String> {
        self.0.value()
    }
}

/// A gradient over an image; what is not set is as ImageKit has it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gradient(Settings);

impl Gradient {
    /// Returns the gradient as ImageKit has it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the direction in degrees, 0 to 359.
    pub fn degrees(mut self, degrees: impl Into<Number>) -> Self {
        self.0.add("ld", &degrees.into());
        self
    }

    /// Sets the side or corner that the gradient runs to.
    pub fn towards(mut self, anchor: Anchor) -> Self {
        self.0.add("ld", &anchor);
        self
    }

    /// Sets the colour at the start.
    pub fn from_color(mut self, color: Color) -> Self {
        self.0.add("from", &color);
        self
    }

    /// Sets the colour at the end.
    pub fn to_color(mut self, color: Color) -> Self {
        self.0.add("to", &color);
        self
    }

    /// Sets where the start colour ends: a share of the image up to 1, pixels, or an expression.
    pub fn stop(mut self, stop: impl Into<Expression>) -> Self {
        self.0.add("sp", &stop.into());
        self
    }

    pub(crate) fn value(self) -> Option<String> {
        self.0.value()
    }
}

/// A tint over an image; what is not set is as ImageKit has it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Colorize(Settings);

impl Colorize {
    /// Returns the tint as ImageKit has it: gray, and full.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the colour.
    pub fn color(mut self, color: Color) -> Self {
        self.0.add("co", &color);
        self
    }

    /// Sets the intensity, 0 to 100.
    pub fn intensity(mut self, intensity: impl Into<Number>) -> Self {
        self.0.add("in", &intensity.into());
        self
    }

    pub(crate) fn value(self) -> Option<String> {
        self.0.value()
    }
}

/// A sharpening of edges by what a blurred copy lacks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UnsharpMask(Option<String>);

impl UnsharpMask {
    /// Returns the mask of these values, all of them above zero.
    ///
    /// # Errors
    ///
    /// When one of them is not above zero.
    pub fn new(
        radius: impl IntoValue<Number>,
        sigma: impl IntoValue<Number>,
        amount: impl IntoValue<Number>,
        threshold: impl IntoValue<Number>,
    ) -> Result<Self, InvalidValue> {
        let mut text = String::new();
        for (value, prefix) in [
            (radius.into_value()?, ""),
            (sigma.into_value()?, "-"),
            (amount.into_value()?, "-"),
            (threshold.into_value()?, "-"),
        ] {
            if !value.is_positive() {
                return Err(InvalidValue::new(value.get(), "is not above zero"));
            }
            value::push(&mut text, prefix, &value);
        }
        Ok(Self(Some(text)))
    }

    pub(crate) fn value(self) -> Option<String> {
        self.0
    }
}

/// A colour in the place of another.
#[derive(Debug, Clone, PartialEq)]
pub struct ColorReplacement(String);

impl ColorReplacement {
    /// Returns the replacement of the most frequent colour by this one.
    pub fn with(color: Color) -> Self {
        let mut text = String::new();
        color.write(&mut text);
        Self(text)
    }

    /// Returns the same for colours within a tolerance, 0 to 100.
    pub fn with_tolerance(color: Color, tolerance: impl Into<Number>) -> Self {
        let Self(mut text) = Self::with(color);
        value::push(&mut text, "_", &tolerance.into());
        Self(text)
    }

    /// Returns the replacement of one colour by another, and of those within a tolerance, 0 to 100.
    pub fn between(from: Color, to: Color, tolerance: impl Into<Number>) -> Self {
        let Self(mut text) = Self::with_tolerance(to, tolerance);
        value::push(&mut text, "_", &from);
        Self(text)
    }
}

impl Value for ColorReplacement {
    fn write(&self, out: &mut String) {
        self.0.write(out);
    }
}

/// A distortion of an image.
#[derive(Debug, Clone, PartialEq)]
pub struct Distortion(String);

impl Distortion {
    /// Returns the one that moves the corners here, clockwise from the top left.
    pub fn perspective<N: Into<Number>>(corners: [(N, N); 4]) -> Self {
        let mut text = "p".to_owned();
        let mut separator = "-";
        for (x, y) in corners {
            value::push(&mut text, separator, &x.into());
            value::push(&mut text, "_", &y.into());
            separator = "_";
        }
        Self(text)
    }

    /// Returns the one that bends the image by these degrees, downwards below zero.
    pub fn arc(degrees: impl Into<Number>) -> Self {
        let mut text = "a".to_owned();
        value::push(&mut text, "-", &degrees.into());
        Self(text)
    }
}

impl Value for Distortion {
    fn write(&self, out: &mut String) {
        self.0.write(out);
    }
}
