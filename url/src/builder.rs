use std::fmt;

use crate::encode::{self, Percent};
use crate::endpoint::{Address, Endpoint};
use crate::error::{Error, InvalidValue};
use crate::sign::{self, Expiry, PrivateKey};
use crate::transformation::Transformation;

/// Builds and signs delivery URLs.
///
/// A builder without a source is a good thing to keep: cloning it is cheap, and every URL begins with a clone.
///
/// ```
/// use imagekit_url::{Expiry, PrivateKey, Transformation, UrlBuilder};
///
/// let url = UrlBuilder::new("https://ik.imagekit.io/demo")?
///     .path("/coat.jpg")
///     .transform(Transformation::new().width(300).height(200));
/// assert_eq!(url.build()?.as_str(), "https://ik.imagekit.io/demo/coat.jpg?tr=w-300,h-200");
///
/// let key = PrivateKey::new("dummy-key")?;
/// let signed = url.sign(&key, Expiry::unix(1767225900)?)?;
/// assert!(signed.as_str().starts_with("https://ik.imagekit.io/demo/coat.jpg?tr=w-300,h-200&ik-t=1767225900&ik-s="));
/// # Ok::<(), imagekit_url::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct UrlBuilder {
    endpoint: Endpoint,
    source: Source,
    rendition: Option<Rendition>,
    position: Position,
    transformation: Transformation,
    /// Encoded.
    query: Option<String>,
    error: Option<Box<Error>>,
}

#[derive(Debug, Clone)]
enum Source {
    None,
    /// Encoded, without the slash in front.
    Path(String),
    Absolute(Box<Address>),
}

/// Where the transformation stands in a URL.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Position {
    /// In the query, where a purge by wildcard reaches all variants of a file.
    #[default]
    Query,
    /// In the path. Absolute sources always have it in the query.
    Path,
}

/// Another form of a file, which ImageKit has under a path below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rendition {
    /// A still of a video, or a page of a document: `ik-thumbnail.jpg`.
    Thumbnail,
    /// A stream by HLS: `ik-master.m3u8`. Needs streaming resolutions.
    Hls,
    /// A stream by DASH: `ik-master.mpd`. Needs streaming resolutions.
    Dash,
    /// The video of a file whose name does not say that it is one: `ik-video.mp4`.
    Video,
    /// A video made from a GIF: `ik-gif-video.mp4`.
    GifVideo,
}

impl Rendition {
    fn file_name(self) -> &'static str {
        match self {
            Self::Thumbnail => "ik-thumbnail.jpg",
            Self::Hls => "ik-master.m3u8",
            Self::Dash => "ik-master.mpd",
            Self::Video => "ik-video.mp4",
            Self::GifVideo => "ik-gif-video.mp4",
        }
    }
}

impl UrlBuilder {
    /// Returns a builder of URLs of this endpoint.
    ///
    /// # Errors
    ///
    /// When the endpoint is a text of which [`Endpoint::new`] makes none.
    pub fn new(endpoint: impl TryInto<Endpoint, Error: Into<Error>>) -> Result<Self, Error> {
        Ok(Self {
            endpoint: endpoint.try_into().map_err(Into::into)?,
            source: Source::None,
            rendition: None,
            position: Position::Query,
            transformation: Transformation::new(),
            query: None,
            error: None,
        })
    }

    /// Returns the endpoint.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Sets the source to a path under the endpoint, in which an escape such as `%20` may stand.
    ///
    /// What a path cannot hold is encoded, `?` and `#` as well; a percent sign stays as it is. For the name of a file
    /// as people know it, take [`file_path`](Self::file_path).
    pub fn path(mut self, path: impl AsRef<str>) -> Self {
        self.set_path(path.as_ref(), Percent::StartsEscape);
        self
    }

    /// Sets the source to the path of a file in the media library, as the API returns it in `filePath`.
    ///
    /// A percent sign is a part of the name, and encoded. A segment that begins with `tr:` would be read as a
    /// transformation, and is refused.
    pub fn file_path(mut self, path: impl AsRef<str>) -> Self {
        self.set_path(path.as_ref(), Percent::IsLiteral);
        self
    }

    /// Sets the source to a whole URL, as the API returns it in `url`. Its query is kept.
    ///
    /// Its host may be any; to be signed, it has to lie within the endpoint.
    pub fn absolute(mut self, url: impl AsRef<str>) -> Self {
        let url = url.as_ref();
        match Address::parse(url) {
            Ok(address) if names(&address.query).any(sign::is_reserved) => {
                let problem = InvalidValue::new(url, "is signed, and cannot be changed");
                self.fail(Error::Source(problem));
            }
            Ok(address) => self.source = Source::Absolute(Box::new(address)),
            Err(problem) => self.fail(Error::Source(problem)),
        }
        self
    }

    /// Sets another form of the file.
    pub fn rendition(mut self, rendition: Rendition) -> Self {
        self.rendition = Some(rendition);
        self
    }

    /// Adds steps behind those that there are.
    #[inline]
    pub fn transform(mut self, transformation: Transformation) -> Self {
        self.transformation.append(transformation);
        self
    }

    /// Sets where the transformation stands.
    pub fn position(mut self, position: Position) -> Self {
        self.position = position;
        self
    }

    /// Adds a query parameter behind those that there are, before the transformation.
    ///
    /// All of them are signed; nothing can be added to a signed URL. `ik-attachment=true` makes browsers store
    /// the file, for instance. The names of the signature, `ik-s` and `ik-t`, are refused.
    pub fn query(mut self, name: impl AsRef<str>, value: impl fmt::Display) -> Self {
        let name = name.as_ref();
        if sign::is_reserved(name) {
            self.fail(Error::Query(InvalidValue::new(
                name,
                "belongs to the signature",
            )));
            return self;
        }
        let value = value.to_string();
        let query = self.query.get_or_insert_default();
        if !query.is_empty() {
            query.push('&');
        }
        query.extend(form_urlencoded::byte_serialize(name.as_bytes()));
        query.push('=');
        query.extend(form_urlencoded::byte_serialize(value.as_bytes()));
        self
    }

    /// Returns the URL, unsigned.
    ///
    /// # Errors
    ///
    /// When there is no source, or what was given to the builder cannot become a URL.
    pub fn build(&self) -> Result<DeliveryUrl, Error> {
        let mut text = String::with_capacity(256);
        self.write(&mut text)?;
        Ok(DeliveryUrl {
            text,
            signature: None,
        })
    }

    /// Returns the URL, signed, and with an expiry where there is one.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build), and when the source lies outside of the endpoint.
    pub fn sign(
        &self,
        key: &PrivateKey,
        expiry: impl Into<Option<Expiry>>,
    ) -> Result<DeliveryUrl, Error> {
        let expiry = expiry.into();
        let mut text = String::with_capacity(256);
        self.write(&mut text)?;
        let start = text.len();
        sign::append(&mut text, &self.endpoint, key, expiry)?;
        let signature = Some(Signature { start, expiry });
        Ok(DeliveryUrl { text, signature })
    }

    fn write(&self, url: &mut String) -> Result<(), Error> {
        if let Some(error) = &self.error {
            return Err(Error::clone(error));
        }
        let steps = self.transformation.checked()?;
        let mut query = Query { has_begun: false };
        match &self.source {
            Source::None => return Err(Error::NoSource),
            Source::Path(path) => {
                url.push_str(self.endpoint.as_str());
                if self.position == Position::Path {
                    write_into_path(steps, url)?;
                }
                url.push_str(path);
                self.write_rendition(url);
            }
            Source::Absolute(address) => {
                url.push_str(&address.origin);
                url.push_str(&address.path);
                self.write_rendition(url);
                if !address.query.is_empty() {
                    query.begin(url);
                    url.push_str(&address.query);
                }
            }
        }
        if let Some(parameters) = &self.query {
            query.begin(url);
            url.push_str(parameters);
        }
        let in_query =
            self.position == Position::Query || matches!(self.source, Source::Absolute(_));
        if in_query && !steps.is_empty() {
            url.push_str(if query.has_begun { "&tr=" } else { "?tr=" });
            url.push_str(&self.transformation.in_query());
        }
        Ok(())
    }

    fn write_rendition(&self, url: &mut String) {
        if let Some(rendition) = self.rendition {
            if !url.ends_with('/') {
                url.push('/');
            }
            url.push_str(rendition.file_name());
        }
    }

    fn set_path(&mut self, path: &str, percent: Percent) {
        if let Some(path) = encode::plain_path(path) {
            self.source = Source::Path(path.to_owned());
            return;
        }
        match source_path(path, percent) {
            Ok(path) => self.source = Source::Path(path),
            Err(problem) => self.fail(Error::Source(problem)),
        }
    }

    fn fail(&mut self, error: Error) {
        self.error.get_or_insert_with(|| Box::new(error));
    }
}

impl From<Endpoint> for UrlBuilder {
    fn from(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            source: Source::None,
            rendition: None,
            position: Position::Query,
            transformation: Transformation::new(),
            query: None,
            error: None,
        }
    }
}

fn write_into_path(steps: &str, url: &mut String) -> Result<(), Error> {
    if steps.contains(['/', '?']) {
        let reason = "holds / or ? which would end it";
        return Err(Error::Position(InvalidValue::new(steps, reason)));
    }
    if !steps.is_empty() {
        url.push_str("tr:");
        url.push_str(steps);
        url.push('/');
    }
    Ok(())
}

fn source_path(path: &str, percent: Percent) -> Result<String, InvalidValue> {
    let refused = |reason| Err(InvalidValue::new(path, reason));
    if path.is_empty() {
        return refused("is no path");
    }
    // Slashes would become one, and the host a folder.
    if path.contains("://")
        || path
            .get(..5)
            .is_some_and(|start| start.eq_ignore_ascii_case("data:"))
    {
        return refused("is no path, but a URL");
    }
    let steps = |segment: &str| segment.starts_with("tr:");
    if matches!(percent, Percent::IsLiteral) && path.split('/').any(steps) {
        return refused("holds a segment that would be a transformation");
    }
    encode::path(path, percent)
}

fn names(query: &str) -> impl Iterator<Item = &str> {
    query
        .split('&')
        .map(|pair| pair.split('=').next().unwrap_or_default())
}

/// Whether the question mark is there.
struct Query {
    has_begun: bool,
}

impl Query {
    fn begin(&mut self, url: &mut String) {
        url.push(if self.has_begun { '&' } else { '?' });
        self.has_begun = true;
    }
}

/// A finished URL. Nothing can be added any more: a signature is one over all of it.
///
/// `Debug` leaves the signature out, since whoever has it has the file; `Display` writes the whole URL.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DeliveryUrl {
    text: String,
    signature: Option<Signature>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Signature {
    /// Where it begins in the text.
    start: usize,
    expiry: Option<Expiry>,
}

impl DeliveryUrl {
    /// Returns the URL.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns `true` if the URL is signed.
    pub fn is_signed(&self) -> bool {
        self.signature.is_some()
    }

    /// Returns when the signature expires; `None` without a signature, and if it never does.
    pub fn expiry(&self) -> Option<Expiry> {
        self.signature.and_then(|signature| signature.expiry)
    }
}

impl fmt::Display for DeliveryUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for DeliveryUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self
            .signature
            .map_or(self.text.len(), |signature| signature.start);
        f.debug_struct("DeliveryUrl")
            .field("url", &&self.text[..end])
            .field("is_signed", &self.is_signed())
            .field("expiry", &self.expiry())
            .finish()
    }
}

impl AsRef<str> for DeliveryUrl {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl From<DeliveryUrl> for String {
    fn from(url: DeliveryUrl) -> Self {
        url.text
    }
}
