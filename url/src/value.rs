//! The values of transformation parameters: what they are, and how they are written.

use std::fmt::Write as _;
use std::str::FromStr;

use crate::encode;
use crate::error::InvalidValue;

/// Whatever converts into a value of type `T`: numbers, texts in ImageKit's own notation, or a `T`.
///
/// All setters take it, so that `.width(300)`, `.width(0.5)`, `.width("iw_div_2")` and
/// `.width(Dimension::Auto)` read alike. A text that is no such value is an error of the URL that is
/// built.
pub trait IntoValue<T> {
    /// Returns the value, or why there is none.
    ///
    /// # Errors
    ///
    /// When the conversion fails.
    fn into_value(self) -> Result<T, InvalidValue>;
}

impl<T, U: TryInto<T, Error: Into<InvalidValue>>> IntoValue<T> for U {
    fn into_value(self) -> Result<T, InvalidValue> {
        self.try_into().map_err(Into::into)
    }
}

/// What can stand behind the key of a parameter.
pub(crate) trait Value {
    fn write(&self, out: &mut String);
}

/// A value as it is kept: checked, and encoded where it is a text.
#[derive(Debug, Clone, PartialEq)]
enum Written {
    Number(Number),
    Known(&'static str),
    Text(String),
}

impl Value for Written {
    fn write(&self, out: &mut String) {
        match self {
            Self::Number(number) => number.write(out),
            Self::Known(text) => out.push_str(text),
            Self::Text(text) => out.push_str(text),
        }
    }
}

/// An encoded text.
impl Value for String {
    fn write(&self, out: &mut String) {
        out.push_str(self);
    }
}

impl Value for bool {
    fn write(&self, out: &mut String) {
        out.push_str(if *self { "true" } else { "false" });
    }
}

/// Gives a type the writing of what it holds.
macro_rules! written_as_held {
    ($($type:ty),+) => {$(
        impl Value for $type {
            fn write(&self, out: &mut String) {
                self.0.write(out);
            }
        }
    )+};
}

written_as_held!(
    Expression,
    AspectRatio,
    Color,
    Background,
    Prompt,
    Radius,
    Padding,
    Focus,
    Page
);

pub(crate) fn push(out: &mut String, prefix: &str, value: &dyn Value) {
    out.push_str(prefix);
    value.write(out);
}

/// Gives a type with `parse` the conversions from text.
macro_rules! from_text {
    ($($type:ty),+) => {$(
        impl FromStr for $type {
            type Err = InvalidValue;

            fn from_str(text: &str) -> Result<Self, InvalidValue> {
                Self::parse(text)
            }
        }

        impl TryFrom<&str> for $type {
            type Error = InvalidValue;

            fn try_from(text: &str) -> Result<Self, InvalidValue> {
                Self::parse(text)
            }
        }

        impl TryFrom<&String> for $type {
            type Error = InvalidValue;

            fn try_from(text: &String) -> Result<Self, InvalidValue> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $type {
            type Error = InvalidValue;

            fn try_from(text: String) -> Result<Self, InvalidValue> {
                Self::parse(&text)
            }
        }
    )+};
}

/// Gives a type that holds a number the conversions from Rust's numbers.
macro_rules! from_numbers {
    ($($type:ty),+) => {$(
        from_numbers!(exactly $type: i8 i16 i32 u8 u16 u32);
        from_numbers!(perhaps $type: i64 u64 usize f64);
    )+};
    (exactly $type:ty: $($number:ty)+) => {$(
        impl From<$number> for $type {
            fn from(number: $number) -> Self {
                Self::from(Number(f64::from(number)))
            }
        }
    )+};
    (perhaps $type:ty: $($number:ty)+) => {$(
        impl TryFrom<$number> for $type {
            type Error = InvalidValue;

            fn try_from(number: $number) -> Result<Self, InvalidValue> {
                checked(number as f64, number).map(Self::from)
            }
        }
    )+};
}

/// Up to here, `f64` holds every integer.
const EXACT: f64 = 9_007_199_254_740_992.0;

fn checked(number: f64, given: impl std::fmt::Display) -> Result<Number, InvalidValue> {
    if !number.is_finite() || number.abs() > EXACT {
        return Err(InvalidValue::new(
            given,
            "is no number that can be written exactly",
        ));
    }
    Ok(Number(number))
}

/// A finite number, written in plain decimals, with `N` in the place of a minus.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Number(f64);

impl Number {
    /// Returns the number.
    pub fn get(self) -> f64 {
        self.0
    }

    fn parse(text: &str) -> Result<Self, InvalidValue> {
        let (sign, digits) = match text.strip_prefix(['N', '-']) {
            Some(digits) => (-1.0, digits),
            None => (1.0, text),
        };
        match digits.parse::<f64>() {
            Ok(number) if is_decimal(digits) => checked(sign * number, text),
            _ => Err(InvalidValue::new(text, "is no decimal number")),
        }
    }

    pub(crate) fn is_positive(self) -> bool {
        self.0 > 0.0
    }
}

impl Value for Number {
    fn write(&self, out: &mut String) {
        if self.0 < 0.0 {
            out.push('N');
        }
        let size = self.0.abs();
        // Small integers are by far the most frequent, and much faster without `fmt`.
        let integer = size as u32;
        if f64::from(integer) == size {
            out.push_str(itoa::Buffer::new().format(integer));
        } else {
            let _ = write!(out, "{size}");
        }
    }
}

from_text!(Number);
from_numbers!(exactly Number: i8 i16 i32 u8 u16 u32);
from_numbers!(perhaps Number: i64 u64 usize f64);

impl From<Number> for Written {
    fn from(number: Number) -> Self {
        Self::Number(number)
    }
}

fn is_decimal(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && digits(fraction)
}

/// Declares a closed set of words: an enum, its texts, and the conversions.
macro_rules! words {
    ($($(#[$about:meta])* $name:ident, $what:literal: {
        $($(#[$note:meta])* $variant:ident = $text:literal,)+
    })+) => {$(
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$note])* #[doc = concat!("`", $text, "`")] $variant,)+
        }

        impl $name {
            /// Returns the word as it stands in the URL.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            fn parse(text: &str) -> Result<Self, InvalidValue> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(InvalidValue::new(text, concat!("is no ", $what, " that this version knows"))),
                }
            }
        }

        from_text!($name);

        impl Value for $name {
            fn write(&self, out: &mut String) {
                out.push_str(self.as_str());
            }
        }
    )+};
}

words! {
    /// How an image is fitted into width and height.
    Crop, "crop": {
        Force = "force",
        AtMax = "at_max",
        AtMaxEnlarge = "at_max_enlarge",
        AtLeast = "at_least",
        MaintainRatio = "maintain_ratio",
        MaintainRatioNoEnlarge = "maintain_ratio_no_enlarge",
    }

    /// How an image is padded, or an area of it cut out.
    CropMode, "crop mode": {
        PadResize = "pad_resize",
        Extract = "extract",
        PadExtract = "pad_extract",
        PadResizeNoEnlarge = "pad_resize_no_enlarge",
        PadExtractNoShrink = "pad_extract_no_shrink",
    }

    /// The format in which a file is delivered.
    Format, "format": {
        Auto = "auto",
        Webp = "webp",
        Jpg = "jpg",
        Jpeg = "jpeg",
        Png = "png",
        Gif = "gif",
        Svg = "svg",
        Mp4 = "mp4",
        Webm = "webm",
        Avif = "avif",
        Original = "orig",
    }

    /// An axis along which an image is mirrored, or both.
    Flip, "flip": {
        Horizontal = "h",
        Vertical = "v",
        HorizontalVertical = "h_v",
        VerticalHorizontal = "v_h",
    }

    /// The video codec.
    VideoCodec, "video codec": {
        H264 = "h264",
        Vp9 = "vp9",
        Av1 = "av1",
        /// Audio only:
        None = "none",
    }

    /// The audio codec.
    AudioCodec, "audio codec": {
        Aac = "aac",
        Opus = "opus",
        /// Mute:
        None = "none",
    }

    /// A height in pixels in which a stream is offered.
    StreamingResolution, "streaming resolution": {
        R240 = "240",
        R360 = "360",
        R480 = "480",
        R720 = "720",
        R1080 = "1080",
        R1440 = "1440",
        R2160 = "2160",
    }

    /// Where the lines of a text begin.
    Alignment, "alignment": {
        Left = "left",
        Right = "right",
        Center = "center",
    }

    /// A style of the letters of a text.
    TextStyle, "text style": {
        Bold = "b",
        Italic = "i",
        Strikethrough = "strikethrough",
    }

    /// How a layer is mixed with what is below it.
    LayerMode, "layer mode": {
        Multiply = "multiply",
        /// Needs the layer's x or y:
        Displace = "displace",
        Cutout = "cutout",
        Cutter = "cutter",
    }

    /// A corner, a side or the centre of what is below a layer.
    Anchor, "anchor": {
        Center = "center",
        Top = "top",
        Left = "left",
        Bottom = "bottom",
        Right = "right",
        TopLeft = "top_left",
        TopRight = "top_right",
        BottomLeft = "bottom_left",
        BottomRight = "bottom_right",
    }

    /// A quantity that ImageKit knows about the file; the start of an [`Expression`].
    Variable, "variable": {
        /// The width of the original:
        InitialWidth = "iw",
        /// The height of the original:
        InitialHeight = "ih",
        /// The aspect ratio of the original:
        InitialAspectRatio = "iar",
        /// The duration of the original:
        InitialDuration = "idu",
        /// The density of the original:
        InitialDensity = "idn",
        /// The width after the steps before:
        CurrentWidth = "cw",
        /// The height after the steps before:
        CurrentHeight = "ch",
        /// The aspect ratio after the steps before:
        CurrentAspectRatio = "car",
        /// The width of what is below the layer:
        BaseWidth = "bw",
        /// The height of what is below the layer:
        BaseHeight = "bh",
        /// The aspect ratio of what is below the layer:
        BaseAspectRatio = "bar",
        /// The duration of what is below the layer:
        BaseDuration = "bdu",
    }
}

/// A number, or a calculation that ImageKit does with what it knows about the file.
///
/// As a text, values and operators are joined by `_`. There are no brackets: `mul` and `div` come first, then
/// `add` and `sub`, then `mod`, then `pow`, each from left to right.
///
/// ```
/// use imagekit_url::{Expression, Transformation, Variable};
///
/// let half = Expression::from(Variable::InitialWidth).divided_by(2)?;
/// let text = Transformation::new().width(half).height("ih_mul_0.5").x(-10).text()?;
/// assert_eq!(text, "w-iw_div_2,h-ih_mul_0.5,x-N10");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Expression(Written);

impl Expression {
    fn parse(text: &str) -> Result<Self, InvalidValue> {
        if let Some(magnitude) = text.strip_prefix(['N', '-']) {
            if !is_decimal(magnitude) {
                return Err(Self::refused(text));
            }
            return Ok(Self(Written::Text(format!("N{magnitude}"))));
        }
        let mut parts = text.split('_');
        let operand = |part: Option<&str>| part.is_some_and(is_operand);
        if !operand(parts.next()) {
            return Err(Self::refused(text));
        }
        while let Some(part) = parts.next() {
            if !(is_operator(part) && operand(parts.next())) {
                return Err(Self::refused(text));
            }
        }
        Ok(Self(Written::Text(text.to_owned())))
    }

    fn refused(text: &str) -> InvalidValue {
        InvalidValue::new(
            text,
            "is neither a number nor an expression such as iw_div_2",
        )
    }

    fn with(self, operator: &str, operand: impl IntoValue<Operand>) -> Result<Self, InvalidValue> {
        let mut text = String::new();
        self.0.write(&mut text);
        if text.starts_with('N') {
            return Err(InvalidValue::new(
                text,
                "is negative, which expressions do not know",
            ));
        }
        text.push_str(operator);
        operand.into_value()?.0.write(&mut text);
        Ok(Self(Written::Text(text)))
    }

    /// Adds a number or variable.
    ///
    /// # Errors
    ///
    /// When either side is negative, or the operand is no finite number.
    pub fn plus(self, operand: impl IntoValue<Operand>) -> Result<Self, InvalidValue> {
        self.with("_add_", operand)
    }

    /// Subtracts a number or variable.
    ///
    /// # Errors
    ///
    /// As [`plus`](Self::plus).
    pub fn minus(self, operand: impl IntoValue<Operand>) -> Result<Self, InvalidValue> {
        self.with("_sub_", operand)
    }

    /// Multiplies by a number or variable.
    ///
    /// # Errors
    ///
    /// As [`plus`](Self::plus).
    pub fn times(self, operand: impl IntoValue<Operand>) -> Result<Self, InvalidValue> {
        self.with("_mul_", operand)
    }

    /// Divides by a number or variable.
    ///
    /// # Errors
    ///
    /// As [`plus`](Self::plus).
    pub fn divided_by(self, operand: impl IntoValue<Operand>) -> Result<Self, InvalidValue> {
        self.with("_div_", operand)
    }

    /// Takes the remainder of a division by a number or variable.
    ///
    /// # Errors
    ///
    /// As [`plus`](Self::plus).
    pub fn modulo(self, operand: impl IntoValue<Operand>) -> Result<Self, InvalidValue> {
        self.with("_mod_", operand)
    }

    /// Raises to the power of a number or variable.
    ///
    /// # Errors
    ///
    /// As [`plus`](Self::plus).
    pub fn to_the_power_of(self, operand: impl IntoValue<Operand>) -> Result<Self, InvalidValue> {
        self.with("_pow_", operand)
    }
}

fn is_operand(part: &str) -> bool {
    is_decimal(part) || Variable::parse(part).is_ok()
}

fn is_operator(part: &str) -> bool {
    matches!(part, "add" | "sub" | "mul" | "div" | "mod" | "pow")
}

from_text!(Expression);
from_numbers!(Expression);

impl From<Number> for Expression {
    fn from(number: Number) -> Self {
        Self(number.into())
    }
}

impl From<Variable> for Expression {
    fn from(variable: Variable) -> Self {
        Self(Written::Known(variable.as_str()))
    }
}

/// What stands on the right of an operator: a number that is not negative, or a variable.
#[derive(Debug, Clone, PartialEq)]
pub struct Operand(Written);

impl TryFrom<Number> for Operand {
    type Error = InvalidValue;

    fn try_from(number: Number) -> Result<Self, InvalidValue> {
        if number.0 < 0.0 {
            return Err(InvalidValue::new(
                number.0,
                "is negative, which expressions do not know",
            ));
        }
        Ok(Self(number.into()))
    }
}

impl From<Variable> for Operand {
    fn from(variable: Variable) -> Self {
        Self(Written::Known(variable.as_str()))
    }
}

impl From<u32> for Operand {
    fn from(number: u32) -> Self {
        Self(Number::from(number).into())
    }
}

impl TryFrom<i32> for Operand {
    type Error = InvalidValue;

    fn try_from(number: i32) -> Result<Self, InvalidValue> {
        Number::from(number).try_into()
    }
}

impl TryFrom<f64> for Operand {
    type Error = InvalidValue;

    fn try_from(number: f64) -> Result<Self, InvalidValue> {
        Number::try_from(number)?.try_into()
    }
}

/// A width or a pixel ratio: a number (a width below 1 is a share of the original), an expression, or what the
/// browser's client hints say.
#[derive(Debug, Clone, PartialEq)]
pub enum Dimension {
    /// As the client hints say.
    Auto,
    /// A number or a calculation.
    Of(Expression),
}

impl Dimension {
    fn parse(text: &str) -> Result<Self, InvalidValue> {
        match text {
            "auto" => Ok(Self::Auto),
            text => Expression::parse(text).map(Self::Of),
        }
    }
}

from_text!(Dimension);
from_numbers!(Dimension);

impl From<Number> for Dimension {
    fn from(number: Number) -> Self {
        Self::Of(number.into())
    }
}

impl From<Expression> for Dimension {
    fn from(expression: Expression) -> Self {
        Self::Of(expression)
    }
}

impl Value for Dimension {
    fn write(&self, out: &mut String) {
        match self {
            Self::Auto => out.push_str("auto"),
            Self::Of(expression) => expression.write(out),
        }
    }
}

/// A turn by degrees, clockwise, or as the EXIF data of the file say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rotation {
    /// As the EXIF data say.
    Auto,
    /// Degrees; counter-clockwise below zero.
    Degrees(Number),
}

impl Rotation {
    fn parse(text: &str) -> Result<Self, InvalidValue> {
        match text {
            "auto" => Ok(Self::Auto),
            text => Number::parse(text).map(Self::Degrees),
        }
    }
}

from_text!(Rotation);
from_numbers!(Rotation);

impl From<Number> for Rotation {
    fn from(degrees: Number) -> Self {
        Self::Degrees(degrees)
    }
}

impl Value for Rotation {
    fn write(&self, out: &mut String) {
        match self {
            Self::Auto => out.push_str("auto"),
            Self::Degrees(degrees) => degrees.write(out),
        }
    }
}

/// A ratio of width to height: a pair, a number, or an expression.
///
/// The text `4:3` is taken too, and written `4-3`: the colon would start the next step.
#[derive(Debug, Clone, PartialEq)]
pub struct AspectRatio(Written);

impl AspectRatio {
    /// Returns the ratio of a width to a height.
    ///
    /// # Errors
    ///
    /// When either is not above zero.
    pub fn new(
        width: impl IntoValue<Number>,
        height: impl IntoValue<Number>,
    ) -> Result<Self, InvalidValue> {
        let mut text = String::new();
        for (side, prefix) in [(width.into_value()?, ""), (height.into_value()?, "-")] {
            if !side.is_positive() {
                return Err(InvalidValue::new(side.0, "is no side of an aspect ratio"));
            }
            push(&mut text, prefix, &side);
        }
        Ok(Self(Written::Text(text)))
    }

    fn parse(text: &str) -> Result<Self, InvalidValue> {
        let pair = text.split_once([':', '-']).or_else(|| {
            text.split_once('_')
                .filter(|(width, height)| is_decimal(width) && is_decimal(height))
        });
        match pair {
            Some((width, height)) => Self::new(width, height),
            None => Expression::parse(text).map(|expression| Self(expression.0)),
        }
    }
}

from_text!(AspectRatio);
from_numbers!(AspectRatio);

impl From<Number> for AspectRatio {
    fn from(number: Number) -> Self {
        Self(number.into())
    }
}

impl From<Expression> for AspectRatio {
    fn from(expression: Expression) -> Self {
        Self(expression.0)
    }
}

impl<W: IntoValue<Number>, H: IntoValue<Number>> TryFrom<(W, H)> for AspectRatio {
    type Error = InvalidValue;

    fn try_from((width, height): (W, H)) -> Result<Self, InvalidValue> {
        Self::new(width, height)
    }
}

/// A colour: 3 or 6 hexadecimal digits without `#`, 8 of which the last two are the opacity in **decimal** hundredths,
/// or an SVG colour name in lower case.
///
/// ```
/// use imagekit_url::Color;
///
/// assert_eq!(Color::new("FF000050")?, Color::rgb(255, 0, 0).with_opacity(50)?);
/// assert!(Color::new("#FF0000").is_err());
/// # Ok::<(), imagekit_url::InvalidValue>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Color(String);

impl Color {
    /// Returns the colour of this text.
    ///
    /// # Errors
    ///
    /// When it is none of the three forms.
    pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidValue> {
        Self::parse(text.as_ref())
    }

    /// Returns the colour with these parts of red, green and blue.
    pub fn rgb(red: u8, green: u8, blue: u8) -> Self {
        Self(format!("{red:02X}{green:02X}{blue:02X}"))
    }

    /// Sets the opacity in hundredths, 0 to 99, of a colour of 6 or 8 digits.
    ///
    /// # Errors
    ///
    /// When it is above 99, or the colour a name or of 3 digits.
    pub fn with_opacity(mut self, hundredths: u8) -> Result<Self, InvalidValue> {
        if hundredths > 99 {
            return Err(InvalidValue::new(hundredths, "is no opacity from 0 to 99"));
        }
        if !self.0.get(..6).is_some_and(is_hex) || self.0.len() % 2 == 1 {
            return Err(InvalidValue::new(
                self.0,
                "takes no opacity: write it in 6 digits",
            ));
        }
        self.0.truncate(6);
        let _ = write!(self.0, "{hundredths:02}");
        Ok(self)
    }

    fn parse(text: &str) -> Result<Self, InvalidValue> {
        let fits = match text.len() {
            0 => false,
            3 | 6 if is_hex(text) => true,
            8 if text.get(..6).is_some_and(is_hex) => {
                text.bytes().skip(6).all(|byte| byte.is_ascii_digit()) || is_name(text)
            }
            _ => is_name(text),
        };
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidValue::new(
                text,
                "is no colour: 3, 6 or 8 digits without #, or a name in lower case",
            ))
        }
    }
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_name(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_lowercase())
}

from_text!(Color);

impl From<&Color> for Color {
    fn from(color: &Color) -> Self {
        color.clone()
    }
}

/// What fills the area that an image leaves free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Background(String);

impl Background {
    /// Returns the most frequent colour of the image.
    pub fn dominant() -> Self {
        Self("dominant".to_owned())
    }

    /// Returns a gradient of the most frequent colours of the image: 2, 4, or as many as ImageKit chooses.
    ///
    /// # Errors
    ///
    /// When another number of colours is asked for.
    pub fn gradient(colors: Option<u8>) -> Result<Self, InvalidValue> {
        match colors {
            None => Ok(Self("gradient_dominant".to_owned())),
            Some(colors @ (2 | 4)) => Ok(Self(format!("gradient_dominant_{colors}"))),
            Some(colors) => Err(InvalidValue::new(colors, "is neither 2 nor 4 colours")),
        }
    }

    /// Returns the blurred image itself. The intensity is 0 to 100, or ImageKit's choice; brightness goes from -255 to 255.
    ///
    /// # Errors
    ///
    /// When the intensity is above 100, or the brightness beyond ±255.
    pub fn blurred(intensity: Option<u8>, brightness: Option<i16>) -> Result<Self, InvalidValue> {
        let mut text = "blurred".to_owned();
        match intensity {
            Some(intensity) if intensity > 100 => {
                return Err(InvalidValue::new(
                    intensity,
                    "is no intensity from 0 to 100",
                ));
            }
            Some(intensity) => push(&mut text, "_", &Number::from(intensity)),
            None if brightness.is_some() => text.push_str("_auto"),
            None => {}
        }
        match brightness {
            Some(brightness) if brightness.unsigned_abs() > 255 => {
                return Err(InvalidValue::new(
                    brightness,
                    "is no brightness from -255 to 255",
                ));
            }
            Some(brightness) => push(&mut text, "_", &Number::from(brightness)),
            None => {}
        }
        Ok(Self(text))
    }

    /// Returns an invented surrounding, after a prompt if there is one.
    pub fn generated(prompt: Option<Prompt>) -> Self {
        Self(match prompt {
            None => "genfill".to_owned(),
            Some(prompt) => format!("genfill-{}", prompt.0),
        })
    }

    fn parse(text: &str) -> Result<Self, InvalidValue> {
        match text {
            "dominant" => Ok(Self::dominant()),
            "genfill" => Ok(Self::generated(None)),
            "gradient_dominant" => Self::gradient(None),
            "gradient_dominant_2" => Self::gradient(Some(2)),
            "gradient_dominant_4" => Self::gradient(Some(4)),
            text => Color::parse(text).map(Self::from).map_err(|_| {
                InvalidValue::new(text, "is no colour or background that a text can name")
            }),
        }
    }
}

from_text!(Background);

impl From<Color> for Background {
    fn from(color: Color) -> Self {
        Self(color.0)
    }
}

/// What an image model is asked for.
///
/// Plain letters, digits, `-`, `.`, `_` and spaces are written as text, all else in base64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt(String);

impl Prompt {
    /// Returns the prompt of this text.
    ///
    /// # Errors
    ///
    /// When it is empty.
    pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidValue> {
        Self::parse(text.as_ref())
    }

    /// Returns the prompt of this text, percent-encoded and not in base64.
    ///
    /// # Errors
    ///
    /// When it is empty, or holds what ends a parameter.
    pub fn plain(text: impl AsRef<str>) -> Result<Self, InvalidValue> {
        Ok(Self(format!("prompt-{}", encode::value(text.as_ref())?)))
    }

    fn parse(text: &str) -> Result<Self, InvalidValue> {
        if text.is_empty() {
            Err(InvalidValue::new(text, "is no prompt"))
        } else if text.bytes().all(encode::is_simple) {
            Self::plain(text)
        } else {
            let mut prompt = "prompte-".to_owned();
            encode::push_base64(&mut prompt, text);
            Ok(Self(prompt))
        }
    }
}

from_text!(Prompt);

/// The roundness of one corner or of all four.
#[derive(Debug, Clone, PartialEq)]
pub struct Radius(Written);

impl Radius {
    /// Returns the radius that makes a circle of a square.
    pub fn max() -> Self {
        Self(Written::Known("max"))
    }

    /// Returns four radii: top left, top right, bottom right, bottom left.
    pub fn corners(corners: [Radius; 4]) -> Self {
        let mut text = String::new();
        for (position, corner) in corners.into_iter().enumerate() {
            push(&mut text, if position == 0 { "" } else { "_" }, &corner);
        }
        Self(Written::Text(text))
    }

    fn parse(text: &str) -> Result<Self, InvalidValue> {
        let corner = |text: &str| match text {
            "max" => Ok(Self::max()),
            text => Number::parse(text).and_then(Self::try_from),
        };
        let parts: Vec<&str> = text.split('_').collect();
        match parts[..] {
            [one] => corner(one),
            [a, b, c, d] => Ok(Self::corners([
                corner(a)?,
                corner(b)?,
                corner(c)?,
                corner(d)?,
            ])),
            _ => Err(InvalidValue::new(text, "is neither one radius nor four")),
        }
    }
}

from_text!(Radius);

impl TryFrom<Number> for Radius {
    type Error = InvalidValue;

    fn try_from(radius: Number) -> Result<Self, InvalidValue> {
        if radius.0 < 0.0 {
            return Err(InvalidValue::new(radius.0, "is no radius"));
        }
        Ok(Self(radius.into()))
    }
}

impl From<u32> for Radius {
    fn from(radius: u32) -> Self {
        Self(Number::from(radius).into())
    }
}

impl TryFrom<i32> for Radius {
    type Error = InvalidValue;

    fn try_from(radius: i32) -> Result<Self, InvalidValue> {
        Number::from(radius).try_into()
    }
}

impl TryFrom<f64> for Radius {
    type Error = InvalidValue;

    fn try_from(radius: f64) -> Result<Self, InvalidValue> {
        Number::try_from(radius)?.try_into()
    }
}

/// One to four distances from the edges, in the order of CSS.
#[derive(Debug, Clone, PartialEq)]
pub struct Padding(Written);

impl Padding {
    /// Returns the padding of one to four distances.
    ///
    /// # Errors
    ///
    /// When there are none, or more than four.
    pub fn new(sides: impl IntoIterator<Item = Expression>) -> Result<Self, InvalidValue> {
        let mut text = String::new();
        let mut count = 0;
        for side in sides {
            push(&mut text, if count == 0 { "" } else { "_" }, &side);
            count += 1;
        }
        if !(1..=4).contains(&count) {
            return Err(InvalidValue::new(text, "is not one to four distances"));
        }
        Ok(Self(Written::Text(text)))
    }

    fn parse(text: &str) -> Result<Self, InvalidValue> {
        // Distances and what they are calculated from are joined by the same letter: an operator tells them apart.
        let mut sides: Vec<String> = Vec::new();
        let mut parts = text.split('_');
        while let Some(part) = parts.next() {
            match sides.last_mut() {
                Some(side) if is_operator(part) => {
                    let _ = write!(side, "_{part}_{}", parts.next().unwrap_or_default());
                }
                _ => sides.push(part.to_owned()),
            }
        }
        let sides: Result<Vec<_>, _> = sides.iter().map(|side| Expression::parse(side)).collect();
        Self::new(sides?)
    }
}

from_text!(Padding);
from_numbers!(Padding);

impl From<Number> for Padding {
    fn from(number: Number) -> Self {
        Self(number.into())
    }
}

impl From<Expression> for Padding {
    fn from(side: Expression) -> Self {
        Self(side.0)
    }
}

/// Whether edges of one colour are cut off, and how much colours may differ for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trim(Option<Number>, bool);

impl From<bool> for Trim {
    fn from(yes: bool) -> Self {
        Self(None, yes)
    }
}

impl From<Number> for Trim {
    fn from(threshold: Number) -> Self {
        Self(Some(threshold), true)
    }
}

from_numbers!(Trim);

impl Value for Trim {
    fn write(&self, out: &mut String) {
        match self {
            Self(Some(threshold), _) => threshold.write(out),
            Self(None, yes) => yes.write(out),
        }
    }
}

/// What stays in sight when an image is cut: a place, a face, or objects by name.
///
/// ```
/// use imagekit_url::{Anchor, Focus, Transformation};
///
/// let step = Transformation::new().width(200).focus(Anchor::TopLeft);
/// assert_eq!(step.text()?, "w-200,fo-top_left");
/// let objects = Transformation::new().focus(Focus::objects(["person", "dog"])?);
/// assert_eq!(objects.text()?, "fo-person_dog");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Focus(Written);

impl Focus {
    /// Returns what ImageKit finds important.
    pub fn auto() -> Self {
        Self(Written::Known("auto"))
    }

    /// Returns the faces.
    pub fn face() -> Self {
        Self(Written::Known("face"))
    }

    /// Returns the area that was stored with the file.
    pub fn custom() -> Self {
        Self(Written::Known("custom"))
    }

    /// Returns objects, by the names that ImageKit knows them by, such as `person` or `trafficLight`.
    ///
    /// # Errors
    ///
    /// When there is none, or a name holds anything but letters.
    pub fn objects<N: AsRef<str>>(
        names: impl IntoIterator<Item = N>,
    ) -> Result<Self, InvalidValue> {
        let names: Vec<N> = names.into_iter().collect();
        let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
        Self::parse(&names.join("_"))
    }

    fn parse(text: &str) -> Result<Self, InvalidValue> {
        let word = |word: &str| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|byte| byte.is_ascii_alphabetic() || byte == b'-')
        };
        if !text.split('_').all(word) {
            return Err(InvalidValue::new(
                text,
                "is no focus: a place, or names joined by _",
            ));
        }
        Ok(Self(Written::Text(text.to_owned())))
    }
}

from_text!(Focus);

impl From<Anchor> for Focus {
    fn from(anchor: Anchor) -> Self {
        Self(Written::Known(anchor.as_str()))
    }
}

/// A page of a document, or a layer of an image that has several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page(String);

impl Page {
    /// Returns the pages from the first to the last of these, both included.
    ///
    /// # Errors
    ///
    /// When a page is zero, or the last is before the first.
    pub fn range(first: u32, last: u32) -> Result<Self, InvalidValue> {
        if first == 0 || last < first {
            return Err(InvalidValue::new(
                format_args!("{first}-{last}"),
                "is no range of pages",
            ));
        }
        Ok(Self(format!("{first}-{last}")))
    }

    /// Returns the pages from this one on.
    pub fn starting_at(first: u32) -> Self {
        Self(format!("{first}-"))
    }

    /// Returns single pages.
    ///
    /// # Errors
    ///
    /// When there are none.
    pub fn list(pages: impl IntoIterator<Item = u32>) -> Result<Self, InvalidValue> {
        let pages: Vec<String> = pages.into_iter().map(|page| page.to_string()).collect();
        if pages.is_empty() {
            return Err(InvalidValue::new("", "is no list of pages"));
        }
        Ok(Self(pages.join("_")))
    }

    /// Returns the layer of this name.
    ///
    /// # Errors
    ///
    /// When the name is empty, or holds what ends a parameter.
    pub fn layer(name: impl AsRef<str>) -> Result<Self, InvalidValue> {
        Ok(Self(format!("name-{}", encode::value(name.as_ref())?)))
    }

    fn parse(text: &str) -> Result<Self, InvalidValue> {
        let number = |text: &str| {
            let parsed = text.parse::<u32>().ok().filter(|_| is_decimal(text));
            parsed.ok_or_else(|| InvalidValue::new(text, "is no page"))
        };
        if let Some(name) = text.strip_prefix("name-") {
            return Self::layer(name);
        }
        match text.split_once('-') {
            Some((first, "")) => Ok(Self::starting_at(number(first)?)),
            Some((first, last)) => Self::range(number(first)?, number(last)?),
            None => Self::list(text.split('_').map(number).collect::<Result<Vec<_>, _>>()?),
        }
    }
}

from_text!(Page);

impl From<u32> for Page {
    fn from(page: u32) -> Self {
        Self(page.to_string())
    }
}

impl TryFrom<i32> for Page {
    type Error = InvalidValue;

    fn try_from(page: i32) -> Result<Self, InvalidValue> {
        let page = u32::try_from(page).map_err(|_| InvalidValue::new(page, "is no page"))?;
        Ok(Self::from(page))
    }
}

/// Text between two separators, percent-encoded.
pub(crate) fn text(value: &str) -> Result<String, InvalidValue> {
    encode::value(value)
}

/// A path in the media library, whose slashes become `@@`.
pub(crate) fn media_path(path: &str) -> Result<String, InvalidValue> {
    let mut encoded = String::with_capacity(path.len() + 8);
    encode::push_media_path(&mut encoded, stripped(path)?)?;
    Ok(encoded)
}

/// Takes one slash off each end of a path in the media library.
pub(crate) fn stripped(path: &str) -> Result<&str, InvalidValue> {
    let stripped = path.strip_prefix('/').unwrap_or(path);
    let stripped = stripped.strip_suffix('/').unwrap_or(stripped);
    if stripped.is_empty() || stripped.starts_with('/') {
        return Err(InvalidValue::new(path, "is no path of a file"));
    }
    Ok(stripped)
}
