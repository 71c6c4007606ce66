use std::borrow::Cow;
use std::fmt::Display;
use std::ops::Range;

use crate::effect::{
    ColorReplacement, Colorize, Distortion, DropShadow, Gradient, Shadow, UnsharpMask,
};
use crate::encode;
use crate::error::{Error, InvalidValue};
use crate::layer::Layer;
use crate::value::{
    self, Alignment, AspectRatio, AudioCodec, Background, Color, Crop, CropMode, Dimension,
    Expression, Flip, Focus, Format, IntoValue, Number, Padding, Page, Prompt, Radius, Rotation,
    StreamingResolution, TextStyle, Trim, Value, VideoCodec,
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
    /// As it stands in a URL. Empty only if there is nothing, or an error.
    text: String,
    /// Where the current step begins in the text, behind the layers and raw texts that it begins with.
    step: usize,
    /// The first letters of the keys behind there, a bit each.
    initials: u32,
    /// Whether nothing stands in the current step, although something does before it.
    is_new_step: bool,
    /// Whether there are layers or raw texts, which may hold an apostrophe. No value does.
    has_opaque: bool,
    /// How many levels of layers there are.
    levels: u8,
    /// Behind a pointer, since every setter moves the transformation.
    rest: Option<Box<Rest>>,
}

/// What few transformations have.
#[derive(Debug, Clone, Default, PartialEq)]
struct Rest {
    /// What setters do not look into: the layers and raw texts of the current step, but those that it begins with.
    opaque: Vec<Range<usize>>,
    error: Option<Error>,
}

macro_rules! setters {
    ($($(#[$about:meta])* $name:ident: $type:ty = $key:literal;)+) => {$(
        $(#[$about])*
        #[doc = concat!("\n\nThe key is `", $key, "`.")]
        pub fn $name(mut self, value: impl IntoValue<$type>) -> Self {
            self.set($key, value.into_value());
            self
        }
    )+};
}

macro_rules! switches {
    ($($(#[$about:meta])* $name:ident = $key:literal;)+) => {$(
        $(#[$about])*
        #[doc = concat!("\n\nThe key is `", $key, "`.")]
        pub fn $name(mut self) -> Self {
            self.put($key, None);
            self
        }
    )+};
}

macro_rules! effects {
    ($($(#[$about:meta])* $name:ident: $type:ty = $key:literal;)+) => {$(
        $(#[$about])*
        #[doc = concat!("\n\nThe key is `", $key, "`.")]
        pub fn $name(mut self, value: $type) -> Self {
            match value.value() {
                Some(value) => self.put($key, Some(&value)),
                None => self.put($key, None),
            }
            self
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
    pub fn named(mut self, name: impl AsRef<str>) -> Self {
        let name = name.as_ref();
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let value = if !name.is_empty() && name.bytes().all(fits) {
            Ok(name.to_owned())
        } else {
            Err(InvalidValue::new(
                name,
                "is no name of a transformation: letters, digits and _",
            ))
        };
        self.set("n", value);
        self
    }

    /// Sets the file of the media library that is delivered when the source does not exist.
    ///
    /// The key is `di`.
    pub fn default_image(mut self, path: impl AsRef<str>) -> Self {
        self.set("di", value::media_path(path.as_ref()));
        self
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
    pub fn border(
        mut self,
        width: impl IntoValue<Expression>,
        color: impl IntoValue<Color>,
    ) -> Self {
        self.set("b", pair(width, color));
        self
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
        mut self,
        resolutions: impl IntoIterator<Item = StreamingResolution>,
    ) -> Self {
        self.set(
            "sr",
            list(resolutions.into_iter().map(StreamingResolution::as_str)),
        );
        self
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
    pub fn font_family(mut self, font: impl AsRef<str>) -> Self {
        self.set("ff", value::media_path(font.as_ref()));
        self
    }

    /// Sets the styles of the letters: at least one.
    ///
    /// The key is `tg`.
    pub fn typography(mut self, styles: impl IntoIterator<Item = TextStyle>) -> Self {
        self.set("tg", list(styles.into_iter().map(TextStyle::as_str)));
        self
    }

    /// Sets a line of a width and a colour around the letters of subtitles.
    ///
    /// The key is `fol`.
    pub fn font_outline(
        mut self,
        width: impl IntoValue<Expression>,
        color: impl IntoValue<Color>,
    ) -> Self {
        self.set("fol", pair(width, color));
        self
    }

    /// Sets a shadow of a colour and a distance behind the letters of subtitles.
    ///
    /// The key is `fsh`.
    pub fn font_shadow(
        mut self,
        color: impl IntoValue<Color>,
        distance: impl IntoValue<Number>,
    ) -> Self {
        self.set("fsh", pair(color, distance));
        self
    }
}

/// Steps, layers, and what this version does not know.
impl Transformation {
    /// Returns the transformation that does nothing.
    #[inline]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins the next step.
    #[inline]
    pub fn then(mut self) -> Self {
        self.begin_step();
        self
    }

    /// Adds the steps of another transformation behind these.
    pub fn then_all(mut self, next: Self) -> Self {
        self.append(next);
        self
    }

    /// Puts a layer over what there is. Layers can be nested three levels deep.
    #[inline]
    pub fn layer(mut self, layer: Layer) -> Self {
        self.put_layer(&layer);
        self
    }

    /// Sets a parameter that has no method here, with an encoded value. An escape such as `%2F` is kept.
    ///
    /// A key is letters, digits and `_`; that of an effect has `e-` in front.
    pub fn parameter(mut self, key: impl AsRef<str>, value: impl Display) -> Self {
        let key = key.as_ref();
        let name = key.strip_prefix("e-").unwrap_or(key);
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if name.is_empty() || key == "e" || !name.bytes().all(fits) {
            let reason = "is no key: letters, digits and _, behind e- for an effect";
            self.refuse(key.to_owned(), InvalidValue::new(key, reason));
            return self;
        }
        match value::text(&value.to_string()) {
            Ok(value) => self.put(key, Some(&value)),
            Err(problem) => self.refuse(key.to_owned(), problem),
        }
        self
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
            Ok(text) => {
                let start = self.separate();
                self.text.push_str(&text);
                self.close(start);
            }
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
        self.checked().map(str::to_owned)
    }

    /// Returns the text, unless a value could not be taken.
    #[inline]
    pub(crate) fn checked(&self) -> Result<&str, Error> {
        match self.rest.as_deref().and_then(|rest| rest.error.as_ref()) {
            Some(error) => Err(error.clone()),
            None => Ok(&self.text),
        }
    }

    /// Returns the text as it stands in a query, in which clients encode the apostrophe before they send it; in a path
    /// they do not.
    #[inline]
    pub(crate) fn in_query(&self) -> Cow<'_, str> {
        if self.has_opaque && encode::has_apostrophe(&self.text) {
            self.text.replace('\'', "%27").into()
        } else {
            Cow::Borrowed(&self.text)
        }
    }

    pub(crate) fn levels(&self) -> u8 {
        self.levels
    }

    #[inline]
    pub(crate) fn append(&mut self, next: Self) {
        if self.text.is_empty() && self.rest.is_none() {
            *self = next;
        } else {
            self.append_steps(next);
        }
    }

    fn append_steps(&mut self, next: Self) {
        self.begin_step();
        if !next.text.is_empty() {
            let start = self.separate();
            self.text.push_str(&next.text);
            self.step = start + next.step;
            self.initials = next.initials;
            self.is_new_step = next.is_new_step;
            self.has_opaque |= next.has_opaque;
            self.levels = self.levels.max(next.levels);
            for it in next.opaque() {
                self.rest().opaque.push(start + it.start..start + it.end);
            }
        }
        if let Some(error) = next.rest.and_then(|rest| rest.error) {
            self.fail(error);
        }
    }

    fn begin_step(&mut self) {
        if self.text.is_empty() {
            return;
        }
        self.step = self.text.len();
        self.initials = 0;
        self.is_new_step = true;
        if let Some(rest) = &mut self.rest {
            rest.opaque.clear();
        }
    }

    fn opaque(&self) -> &[Range<usize>] {
        self.rest.as_ref().map_or(&[], |rest| &rest.opaque)
    }

    fn rest(&mut self) -> &mut Rest {
        self.rest.get_or_insert_default()
    }

    fn set<V: Value>(&mut self, key: &'static str, value: Result<V, InvalidValue>) {
        match value {
            Ok(value) => self.put(key, Some(&value)),
            Err(problem) => self.refuse(key, problem),
        }
    }

    fn refuse(&mut self, key: impl Into<Cow<'static, str>>, problem: InvalidValue) {
        let key = key.into();
        self.fail(Error::Parameter { key, problem });
    }

    fn put(&mut self, key: &str, value: Option<&dyn Value>) {
        // Most keys are new, and need no search.
        let initial = key.bytes().next().map_or(0, |letter| 1 << (letter % 32));
        if self.initials & initial != 0
            && let Some(earlier) = self.find(key)
        {
            return self.replace(earlier, key, value);
        }
        self.initials |= initial;
        self.separate();
        push_parameter(&mut self.text, key, value);
    }

    fn put_layer(&mut self, layer: &Layer) {
        let start = self.separate();
        match layer.write(&mut self.text) {
            Ok(levels) if levels > LEVELS => self.fail(Error::TooManyLevels),
            Ok(levels) => self.levels = self.levels.max(levels),
            Err(error) => self.fail(error),
        }
        self.close(start);
    }

    /// Keeps setters out of what has been written from here on.
    fn close(&mut self, start: usize) {
        self.has_opaque = true;
        if self.initials == 0 {
            self.step = self.text.len();
        } else {
            let range = start..self.text.len();
            self.rest().opaque.push(range);
        }
    }

    /// Finds a parameter of the current step.
    #[inline(never)]
    fn find(&self, key: &str) -> Option<Range<usize>> {
        let mut start = self.step;
        for part in self.text.as_bytes()[start..].split(|byte| *byte == b',') {
            let end = start + part.len();
            // No key is another one with a hyphen behind it.
            if let Some([] | [b'-', ..]) = part.strip_prefix(key.as_bytes())
                && !self.opaque().iter().any(|it| it.contains(&start))
            {
                return Some(start..end);
            }
            start = end + 1;
        }
        None
    }

    #[cold]
    fn replace(&mut self, earlier: Range<usize>, key: &str, value: Option<&dyn Value>) {
        let rest = self.text.split_off(earlier.end);
        self.text.truncate(earlier.start);
        push_parameter(&mut self.text, key, value);
        let end = self.text.len();
        let moved = |opaque: &&mut Range<usize>| opaque.start > earlier.end;
        for it in self.rest().opaque.iter_mut().filter(moved) {
            it.start = it.start - earlier.end + end;
            it.end = it.end - earlier.end + end;
        }
        self.text.push_str(&rest);
    }

    /// Writes what stands between two parts, and returns where the next one begins.
    #[inline]
    fn separate(&mut self) -> usize {
        if self.text.is_empty() {
            self.text = String::with_capacity(128);
        } else if self.is_new_step {
            self.text.push(':');
            self.step += 1;
            self.is_new_step = false;
        } else {
            self.text.push(',');
        }
        self.text.len()
    }

    fn fail(&mut self, error: Error) {
        self.rest().error.get_or_insert(error);
    }
}

fn push_parameter(out: &mut String, key: &str, value: Option<&dyn Value>) {
    out.push_str(key);
    if let Some(value) = value {
        out.push('-');
        value.write(out);
    }
}

fn list<'a>(words: impl Iterator<Item = &'a str>) -> Result<String, InvalidValue> {
    let words: Vec<&str> = words.collect();
    if words.is_empty() {
        return Err(InvalidValue::new("", "is an empty list"));
    }
    Ok(words.join("_"))
}

fn pair<A: Value, B: Value>(
    first: impl IntoValue<A>,
    second: impl IntoValue<B>,
) -> Result<String, InvalidValue> {
    let mut text = String::new();
    first.into_value()?.write(&mut text);
    value::push(&mut text, "_", &second.into_value()?);
    Ok(text)
}
