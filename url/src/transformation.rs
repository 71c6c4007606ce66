use std::borrow::Cow;
use std::fmt::Display;

use crate::effect::{
    ColorReplacement, Colorize, Distortion, DropShadow, Gradient, Shadow, UnsharpMask,
};
use crate::encode;
use crate::error::{Error, InvalidValue};
use crate::layer::Layer;
use crate::value::{
    self, Alignment, AspectRatio, AudioCodec, Background, Color, Crop, CropMode, Dimension,
    Expression, Flip, Focus, Format, IntoValue, Number, Padding, Page, Prompt, Radius, Rotation,
    StreamingResolution, TextStyle, Trim, VideoCodec, Written,
};

/// How deeply ImageKit lets layers be nested.
const LEVELS: u8 = 3;

/// What ImageKit does to a file before it delivers it: steps that run one after the other.
///
/// Parameters stand in the URL in the order of the calls; setting one twice in a step keeps the place and
/// takes the later value. [`then`](Self::then) begins the next step. A value that cannot be written is told
/// by [`text`](Self::text) and whatever builds a URL; the first one counts.
///
/// ```
/// use imagekit_url::{Crop, Layer, Transformation};
///
/// let transformation = Transformation::new()
///     .width(300)
///     .aspect_ratio((4, 3))
///     .crop(Crop::Force)
///     .then()
///     .layer(Layer::text("Sale").x(10).y(-10))
///     .then()
///     .raw("if-w_gte_400,bl-5,if-end");
/// assert_eq!(
///     transformation.text()?,
///     "w-300,ar-4-3,c-force:l-text,i-Sale,lx-10,ly-N10,l-end:if-w_gte_400,bl-5,if-end"
/// );
/// # Ok::<(), imagekit_url::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Transformation {
    parts: Vec<Part>,
    /// How many levels of layers there are.
    levels: u8,
    error: Option<Box<Error>>,
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Parameter(Cow<'static, str>, Option<Written>),
    /// A layer, or what the caller has written.
    Raw(String),
    Then,
}

macro_rules! setters {
    ($($(#[$about:meta])* $name:ident: $type:ty = $key:literal;)+) => {$(
        $(#[$about])*
        #[doc = concat!("\n\nThe key is `", $key, "`.")]
        pub fn $name(self, value: impl IntoValue<$type>) -> Self {
            self.set($key, value.into_value().map(|value| Some(value.into())))
        }
    )+};
}

macro_rules! switches {
    ($($(#[$about:meta])* $name:ident = $key:literal;)+) => {$(
        $(#[$about])*
        #[doc = concat!("\n\nThe key is `", $key, "`.")]
        pub fn $name(self) -> Self {
            self.set($key, Ok(None))
        }
    )+};
}

macro_rules! effects {
    ($($(#[$about:meta])* $name:ident: $type:ty = $key:literal;)+) => {$(
        $(#[$about])*
        #[doc = concat!("\n\nThe key is `", $key, "`.")]
        pub fn $name(self, value: $type) -> Self {
            self.set($key, Ok(value.written()))
        }
    )+};
}

/// Size and position.
impl Transformation {
    setters! {
        /// Sets the width in pixels; below 1 a share of the original.
        width: Dimension = "w";
        /// Sets the height in pixels; below 1 a share of the original.
        height: Expression = "h";
        /// Sets the ratio of width to height; ignored when both of them are given.
        aspect_ratio: AspectRatio = "ar";
        /// Sets how the image is fitted into width and height.
        crop: Crop = "c";
        /// Sets how the image is padded, or an area of it cut out.
        crop_mode: CropMode = "cm";
        /// Sets what stays in sight.
        focus: Focus = "fo";
        /// Sets how close a face or object is shown: 1 is as it is, less is further away.
        zoom: Number = "z";
        /// Sets the left edge of the area that is cut out.
        x: Expression = "x";
        /// Sets the top edge of the area that is cut out.
        y: Expression = "y";
        /// Sets the horizontal centre of the area that is cut out.
        x_center: Expression = "xc";
        /// Sets the vertical centre of the area that is cut out.
        y_center: Expression = "yc";
        /// Sets how many pixels of the image one of the page has, 0.1 to 5; needs width or height.
        dpr: Dimension = "dpr";
    }
}

/// Output.
impl Transformation {
    setters! {
        /// Sets the quality, 1 to 100.
        quality: Number = "q";
        /// Sets the format.
        format: Format = "f";
        /// Sets whether a JPEG is progressive.
        progressive: bool = "pr";
        /// Sets whether the compression is lossless.
        lossless: bool = "lo";
        /// Sets whether the colour profile is kept.
        color_profile: bool = "cp";
        /// Sets whether the metadata are kept.
        metadata: bool = "md";
        /// Sets whether content credentials are added.
        content_credentials: bool = "c2pa";
        /// Sets the density in dots per inch, 1 to 1200.
        density: Expression = "dn";
        /// Sets whether the original is delivered; every other parameter is ignored then.
        original: bool = "orig";
        /// Sets which page of a document, or layer of an image, is shown.
        page: Page = "pg";
    }

    /// Applies a transformation that is stored at ImageKit by name: letters, digits and `_`.
    ///
    /// The key is `n`.
    pub fn named(self, name: impl AsRef<str>) -> Self {
        let name = name.as_ref();
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let value = if !name.is_empty() && name.bytes().all(fits) {
            Ok(Some(Written::Text(name.to_owned())))
        } else {
            Err(InvalidValue::new(
                name,
                "is no name of a transformation: letters, digits and _",
            ))
        };
        self.set("n", value)
    }

    /// Sets the file of the media library that is delivered when the source does not exist.
    ///
    /// The key is `di`.
    pub fn default_image(self, path: impl AsRef<str>) -> Self {
        self.set("di", value::media_path(path.as_ref()).map(Some))
    }
}

/// Look.
impl Transformation {
    setters! {
        /// Sets what fills the area that the image leaves free.
        background: Background = "bg";
        /// Sets the roundness of the corners. After a crop it takes a step of its own.
        radius: Radius = "r";
        /// Turns the image.
        rotation: Rotation = "rt";
        /// Mirrors the image.
        flip: Flip = "fl";
        /// Blurs the image, 1 to 100.
        blur: Number = "bl";
        /// Sets the opacity, 0 to 100.
        opacity: Number = "o";
        /// Sets whether edges of one colour are cut off, or how much colours may differ for it, 1 to 99.
        trim: Trim = "t";
        /// Sharpens the image by an amount; without one it is [`sharpen`](Self::sharpen).
        sharpen_by: Number = "e-sharpen";
        /// Puts one colour in the place of another.
        replace_color: ColorReplacement = "cr";
        /// Distorts the image.
        distort: Distortion = "e-distort";
    }

    switches! {
        /// Takes the colours away.
        grayscale = "e-grayscale";
        /// Stretches the contrast.
        contrast_stretch = "e-contrast";
        /// Sharpens the image.
        sharpen = "e-sharpen";
    }

    effects! {
        /// Sharpens the edges.
        unsharp_mask: UnsharpMask = "e-usm";
        /// Adds a shadow.
        shadow: Shadow = "e-shadow";
        /// Lays a gradient over the image.
        gradient: Gradient = "e-gradient";
        /// Lays a tint over the image.
        colorize: Colorize = "e-colorize";
    }

    /// Draws a border of a width and a colour.
    ///
    /// The key is `b`.
    pub fn border(self, width: impl IntoValue<Expression>, color: impl IntoValue<Color>) -> Self {
        self.set("b", pair(width, color))
    }
}

/// Image models: one of these a step.
impl Transformation {
    switches! {
        /// Removes the background.
        remove_background = "e-bgremove";
        /// Removes the background by another company's service, at about ten times the price.
        remove_background_externally = "e-removedotbg";
        /// Improves the look.
        retouch = "e-retouch";
        /// Enlarges the image.
        upscale = "e-upscale";
        /// Makes a variation of the image.
        variation = "e-genvar";
    }

    effects! {
        /// Adds a shadow that fits; the image needs transparency.
        drop_shadow: DropShadow = "e-dropshadow";
    }

    setters! {
        /// Puts another background behind the image.
        change_background: Prompt = "e-changebg";
        /// Edits the image.
        edit: Prompt = "e-edit";
    }
}

/// Video.
impl Transformation {
    setters! {
        /// Sets the video codec.
        video_codec: VideoCodec = "vc";
        /// Sets the audio codec.
        audio_codec: AudioCodec = "ac";
        /// Sets where the video begins, in seconds.
        start_offset: Expression = "so";
        /// Sets where the video ends, in seconds.
        end_offset: Expression = "eo";
        /// Sets how long the video is, in seconds.
        duration: Expression = "du";
    }

    /// Sets the resolutions in which a stream is offered: at least one.
    ///
    /// The key is `sr`.
    pub fn streaming_resolutions(
        self,
        resolutions: impl IntoIterator<Item = StreamingResolution>,
    ) -> Self {
        self.set(
            "sr",
            list(resolutions.into_iter().map(StreamingResolution::as_str)),
        )
    }
}

/// Inside of layers.
impl Transformation {
    setters! {
        /// Sets the size of the letters of a text.
        font_size: Expression = "fs";
        /// Sets the colour of a text.
        font_color: Color = "co";
        /// Sets where the lines of a text begin.
        inner_alignment: Alignment = "ia";
        /// Sets the distances of a text from the edges of its background.
        padding: Padding = "pa";
        /// Sets the transparency, 1 to 9.
        alpha: Number = "al";
        /// Sets the height of the lines of a text.
        line_height: Expression = "lh";
    }

    /// Sets the font: a name that ImageKit knows, or the path of an uploaded file.
    ///
    /// The key is `ff`.
    pub fn font_family(self, font: impl AsRef<str>) -> Self {
        self.set("ff", value::media_path(font.as_ref()).map(Some))
    }

    /// Sets the styles of the letters: at least one.
    ///
    /// The key is `tg`.
    pub fn typography(self, styles: impl IntoIterator<Item = TextStyle>) -> Self {
        self.set("tg", list(styles.into_iter().map(TextStyle::as_str)))
    }

    /// Sets a line of a width and a colour around the letters of subtitles.
    ///
    /// The key is `fol`.
    pub fn font_outline(
        self,
        width: impl IntoValue<Expression>,
        color: impl IntoValue<Color>,
    ) -> Self {
        self.set("fol", pair(width, color))
    }

    /// Sets a shadow of a colour and a distance behind the letters of subtitles.
    ///
    /// The key is `fsh`.
    pub fn font_shadow(
        self,
        color: impl IntoValue<Color>,
        distance: impl IntoValue<Number>,
    ) -> Self {
        self.set("fsh", pair(color, distance))
    }
}

/// Steps, layers, and what this version does not know.
impl Transformation {
    /// Returns the transformation that does nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins the next step.
    pub fn then(mut self) -> Self {
        self.parts.push(Part::Then);
        self
    }

    /// Adds the steps of another transformation behind these.
    pub fn then_all(mut self, mut next: Self) -> Self {
        if self.is_empty() {
            self.parts = next.parts;
        } else {
            self.parts.push(Part::Then);
            self.parts.append(&mut next.parts);
        }
        self.levels = self.levels.max(next.levels);
        self.error = self.error.or(next.error);
        self
    }

    /// Puts a layer over what there is. Layers can be nested three levels deep.
    pub fn layer(mut self, layer: Layer) -> Self {
        match layer.render() {
            Ok((_, levels)) if levels > LEVELS => self.fail(Error::TooManyLevels),
            Ok((text, levels)) => {
                self.levels = self.levels.max(levels);
                self.parts.push(Part::Raw(text));
            }
            Err(error) => self.fail(error),
        }
        self
    }

    /// Sets a parameter that has no method here, with an encoded value. An escape such as `%2F` is kept.
    pub fn parameter(mut self, key: impl Into<String>, value: impl Display) -> Self {
        let key = key.into();
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if key.is_empty() || !key.bytes().all(fits) {
            let problem = InvalidValue::new(&key, "is no key: letters, digits, - and _");
            let key = key.into();
            self.fail(Error::Parameter { key, problem });
            return self;
        }
        let value = value::text(&value.to_string()).map(Some);
        self.set(key, value)
    }

    /// Adds a text in ImageKit's own notation: what is newer than this crate, or conditions.
    ///
    /// Only what can be in no URL is encoded. `#` and `&`, which end the whole transformation, and a
    /// percent sign that starts no escape are refused; in a path, so are `/` and `?`. An empty text adds
    /// nothing.
    pub fn raw(mut self, text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        if text.is_empty() {
            return self;
        }
        match encode::raw(text) {
            Ok(text) => self.parts.push(Part::Raw(text)),
            Err(problem) => self.fail(Error::Parameter {
                key: "raw".into(),
                problem,
            }),
        }
        self
    }

    /// Returns the transformation as it stands behind `tr=`; empty when there is none.
    ///
    /// # Errors
    ///
    /// When the value of a parameter could not be taken.
    pub fn text(&self) -> Result<String, Error> {
        self.check()?;
        let mut text = String::new();
        self.write(&mut text);
        Ok(text)
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        match &self.error {
            Some(error) => Err(Error::clone(error)),
            None => Ok(()),
        }
    }

    pub(crate) fn levels(&self) -> u8 {
        self.levels
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, Part::Then))
    }

    pub(crate) fn write(&self, out: &mut String) {
        let mut separator = "";
        for part in &self.parts {
            match part {
                // A step in which nothing is said is left out.
                Part::Then if separator.is_empty() => {}
                Part::Then => separator = ":",
                Part::Raw(text) => {
                    out.push_str(separator);
                    out.push_str(text);
                    separator = ",";
                }
                Part::Parameter(key, value) => {
                    out.push_str(separator);
                    out.push_str(key);
                    if let Some(value) = value {
                        out.push('-');
                        value.write(out);
                    }
                    separator = ",";
                }
            }
        }
    }

    fn set(
        mut self,
        key: impl Into<Cow<'static, str>>,
        value: Result<Option<Written>, InvalidValue>,
    ) -> Self {
        let key = key.into();
        let value = match value {
            Ok(value) => value,
            Err(problem) => {
                self.fail(Error::Parameter { key, problem });
                return self;
            }
        };
        let step = self.parts.iter_mut().rev();
        let earlier = step
            .take_while(|part| !matches!(part, Part::Then))
            .find_map(|part| match part {
                Part::Parameter(its_key, its_value) if *its_key == key => Some(its_value),
                _ => None,
            });
        match earlier {
            Some(earlier) => *earlier = value,
            None => self.parts.push(Part::Parameter(key, value)),
        }
        self
    }

    fn fail(&mut self, error: Error) {
        self.error.get_or_insert_with(|| Box::new(error));
    }
}

fn list<'a>(words: impl Iterator<Item = &'a str>) -> Result<Option<Written>, InvalidValue> {
    let words: Vec<&str> = words.collect();
    if words.is_empty() {
        return Err(InvalidValue::new("", "is an empty list"));
    }
    Ok(Some(Written::Text(words.join("_"))))
}

fn pair<A: Into<Written>, B: Into<Written>>(
    first: impl IntoValue<A>,
    second: impl IntoValue<B>,
) -> Result<Option<Written>, InvalidValue> {
    let mut text = String::new();
    first.into_value()?.into().push_to(&mut text, "");
    second.into_value()?.into().push_to(&mut text, "_");
    Ok(Some(Written::Text(text)))
}
