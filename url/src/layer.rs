use crate::encode;
use crate::error::{Error, InvalidValue};
use crate::transformation::Transformation;
use crate::value::{self, Anchor, Color, Expression, IntoValue, LayerMode, Value};

/// Something that is laid over an image or a video: a text, an image, a video, subtitles, or a colour.
///
/// Positions and times may be numbers or expressions; inside of texts, colours and gradients only of `bw`, `bh`
/// and `bar`. Layers go into a transformation, and their own transformation may hold layers again.
///
/// ```
/// use imagekit_url::{Anchor, Layer, Transformation};
///
/// let logo = Layer::image("/brand/logo.png")
///     .focus(Anchor::BottomRight)
///     .transform(Transformation::new().width("bw_mul_0.2").opacity(80));
/// assert_eq!(
///     Transformation::new().layer(logo).text()?,
///     "l-image,i-brand@@logo.png,lfo-bottom_right,w-bw_mul_0.2,o-80,l-end"
/// );
/// # Ok::<(), imagekit_url::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    kind: Kind,
    encoding: Encoding,
    mode: Option<LayerMode>,
    focus: Option<Anchor>,
    anchor_point: Option<Anchor>,
    /// Behind a pointer, since every setter moves them.
    bounds: Option<Box<Bounds>>,
    transformation: Transformation,
    error: Option<Box<Error>>,
}

/// Where and when a layer is seen.
#[derive(Debug, Clone, Default, PartialEq)]
struct Bounds {
    x: Option<Expression>,
    y: Option<Expression>,
    x_center: Option<Expression>,
    y_center: Option<Expression>,
    start: Option<Expression>,
    end: Option<Expression>,
    duration: Option<Expression>,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Text(String),
    /// The word that opens the layer, and the path of its file.
    File(&'static str, String),
    SolidColor(Color),
    Failed,
}

/// How the text or the path of a layer is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// As it is when it holds only letters, digits, `-`, `.`, `_` and spaces (in a path, `/`), else in base64.
    #[default]
    Auto,
    /// Percent-encoded. ImageKit cuts such texts at 2000 characters.
    Plain,
    /// In base64. ImageKit cuts such texts at 2500 characters.
    Base64,
}

macro_rules! places {
    ($($(#[$about:meta])* $name:ident: $type:ty = $key:literal $(in $group:ident)?;)+) => {$(
        $(#[$about])*
        #[doc = concat!("\n\nThe key is `", $key, "`.")]
        pub fn $name(mut self, value: impl IntoValue<$type>) -> Self {
            match value.into_value() {
                Ok(value) => self.$($group().)?$name = Some(value),
                Err(problem) => self.fail(at($key, problem)),
            }
            self
        }
    )+};
}

impl Layer {
    /// Returns a layer that shows a text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::new(Kind::Text(text.into()))
    }

    /// Returns a layer that shows an image of the media library.
    pub fn image(path: impl Into<String>) -> Self {
        Self::new(Kind::File("l-image", path.into()))
    }

    /// Returns a layer that shows a video of the media library.
    pub fn video(path: impl Into<String>) -> Self {
        Self::new(Kind::File("l-video", path.into()))
    }

    /// Returns a layer that shows the subtitles in a file of the media library.
    pub fn subtitles(path: impl Into<String>) -> Self {
        Self::new(Kind::File("l-subtitles", path.into()))
    }

    /// Returns a layer that shows a colour.
    pub fn solid_color(color: impl IntoValue<Color>) -> Self {
        match color.into_value() {
            Ok(color) => Self::new(Kind::SolidColor(color)),
            Err(problem) => {
                let mut layer = Self::new(Kind::Failed);
                layer.fail(at("bg", problem));
                layer
            }
        }
    }

    fn new(kind: Kind) -> Self {
        Self {
            kind,
            encoding: Encoding::Auto,
            mode: None,
            focus: None,
            anchor_point: None,
            bounds: None,
            transformation: Transformation::new(),
            error: None,
        }
    }

    /// Sets how the text or the path is written.
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// Sets how the layer is mixed with what is below it.
    ///
    /// The key is `lm`.
    pub fn mode(mut self, mode: LayerMode) -> Self {
        self.mode = Some(mode);
        self
    }

    places! {
        /// Sets the horizontal position of the anchor point.
        x: Expression = "lx" in bounds;
        /// Sets the vertical position of the anchor point.
        y: Expression = "ly" in bounds;
        /// Sets the horizontal position of the centre.
        x_center: Expression = "lxc" in bounds;
        /// Sets the vertical position of the centre.
        y_center: Expression = "lyc" in bounds;
        /// Sets the side or corner at which the layer is; ignored when there is a coordinate.
        focus: Anchor = "lfo";
        /// Sets which point of the layer the coordinates are those of.
        anchor_point: Anchor = "lap";
        /// Sets when the layer appears, in seconds.
        start: Expression = "lso" in bounds;
        /// Sets when the layer disappears, in seconds.
        end: Expression = "leo" in bounds;
        /// Sets how long the layer is seen, in seconds; ignored when there is an end.
        duration: Expression = "ldu" in bounds;
    }

    /// Adds steps that are applied to the layer alone.
    #[inline]
    pub fn transform(mut self, transformation: Transformation) -> Self {
        self.transformation.append(transformation);
        self
    }

    fn bounds(&mut self) -> &mut Bounds {
        self.bounds.get_or_insert_default()
    }

    fn fail(&mut self, error: Error) {
        self.error.get_or_insert_with(|| Box::new(error));
    }

    /// Writes the layer as it stands in a step, and returns how many levels of layers that is.
    ///
    /// After an error, what has been written is of no use.
    pub(crate) fn write(&self, out: &mut String) -> Result<u8, Error> {
        if let Some(error) = &self.error {
            return Err(Error::clone(error));
        }
        let steps = self.transformation.checked()?;
        self.kind.write(self.encoding, out)?;
        let mut place = |prefix, value: Option<&dyn Value>| {
            if let Some(value) = value {
                value::push(out, prefix, value);
            }
        };
        place(",lm-", as_value(&self.mode));
        if let Some(bounds) = &self.bounds {
            place(",lx-", as_value(&bounds.x));
            place(",ly-", as_value(&bounds.y));
            place(",lxc-", as_value(&bounds.x_center));
            place(",lyc-", as_value(&bounds.y_center));
        }
        place(",lfo-", as_value(&self.focus));
        place(",lap-", as_value(&self.anchor_point));
        if let Some(bounds) = &self.bounds {
            place(",lso-", as_value(&bounds.start));
            place(",leo-", as_value(&bounds.end));
            place(",ldu-", as_value(&bounds.duration));
        }
        if !steps.is_empty() {
            out.push(',');
            out.push_str(steps);
        }
        out.push_str(",l-end");
        Ok(self.transformation.levels() + 1)
    }
}

fn as_value<V: Value>(value: &Option<V>) -> Option<&dyn Value> {
    value.as_ref().map(|value| value as &dyn Value)
}

impl Kind {
    fn write(&self, encoding: Encoding, out: &mut String) -> Result<(), Error> {
        match self {
            Self::Text(text) => {
                out.push_str("l-text,");
                push_text(out, text, encoding).map_err(|problem| at("l-text", problem))
            }
            Self::File(opening, path) => {
                out.push_str(opening);
                out.push(',');
                push_path(out, path, encoding).map_err(|problem| at(opening, problem))
            }
            Self::SolidColor(color) => {
                value::push(out, "l-image,i-ik_canvas,bg-", color);
                Ok(())
            }
            // It has an error, which was told before.
            Self::Failed => Ok(()),
        }
    }
}

fn at(key: &'static str, problem: InvalidValue) -> Error {
    let key = key.into();
    Error::Parameter { key, problem }
}

fn push_text(out: &mut String, text: &str, encoding: Encoding) -> Result<(), InvalidValue> {
    if text.is_empty() {
        return Err(InvalidValue::new(text, "is no text to show"));
    }
    if is_plain(encoding, text.bytes().all(encode::is_simple)) {
        out.push_str("i-");
        encode::push_component(out, text);
    } else {
        out.push_str("ie-");
        encode::push_base64(out, text);
    }
    Ok(())
}

fn push_path(out: &mut String, path: &str, encoding: Encoding) -> Result<(), InvalidValue> {
    let path = value::stripped(path)?;
    let is_simple = path
        .bytes()
        .all(|byte| byte == b'/' || encode::is_simple(byte));
    if is_plain(encoding, is_simple) {
        out.push_str("i-");
        return encode::push_media_path(out, path);
    }
    out.push_str("ie-");
    encode::push_base64(out, path);
    Ok(())
}

fn is_plain(encoding: Encoding, is_simple: bool) -> bool {
    match encoding {
        Encoding::Auto => is_simple,
        Encoding::Plain => true,
        Encoding::Base64 => false,
    }
}
