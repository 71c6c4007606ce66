use std::fmt::Write as _;

use crate::builder::{DeliveryUrl, UrlBuilder};
use crate::error::{Error, InvalidValue};
use crate::sign::{Expiry, PrivateKey};
use crate::transformation::Transformation;
use crate::value::{Crop, IntoValue, Number, Value as _};

/// Which widths of an image a page offers, from what is known about its place on the page.
///
/// With [`sizes`](Self::sizes) the browser chooses by the width of the window; with [`width`](Self::width) alone, by
/// the density of the screen; without either, all device widths are offered.
///
/// ```
/// use imagekit_url::{Responsive, UrlBuilder};
///
/// let builder = UrlBuilder::new("https://ik.imagekit.io/demo")?.path("/coat.jpg");
/// let image = Responsive::new().width(400).build(&builder)?;
/// assert_eq!(
///     image.srcset(),
///     "https://ik.imagekit.io/demo/coat.jpg?tr=w-640,c-at_max 1x, \
///      https://ik.imagekit.io/demo/coat.jpg?tr=w-828,c-at_max 2x"
/// );
/// # Ok::<(), imagekit_url::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Responsive {
    sizes: Option<String>,
    width: Option<Number>,
    device_widths: Vec<Number>,
    image_widths: Vec<Number>,
    error: Option<Error>,
}

const DEVICE_WIDTHS: [u32; 8] = [640, 750, 828, 1080, 1200, 1920, 2048, 3840];
const IMAGE_WIDTHS: [u32; 8] = [16, 32, 48, 64, 96, 128, 256, 384];

impl Default for Responsive {
    fn default() -> Self {
        Self {
            sizes: None,
            width: None,
            device_widths: DEVICE_WIDTHS.map(Number::from).to_vec(),
            image_widths: IMAGE_WIDTHS.map(Number::from).to_vec(),
            error: None,
        }
    }
}

impl Responsive {
    /// Returns what is offered when nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the `sizes` attribute. Its shares of the window, such as `50vw`, leave out the widths that are too small.
    ///
    /// An empty text leaves the attribute out. A share counts at the start, or after white space, as whole percents up to 199 in lower case.
    pub fn sizes(mut self, sizes: impl Into<String>) -> Self {
        self.sizes = Some(sizes.into());
        self
    }

    /// Sets the width of the image on the page, in CSS pixels.
    pub fn width(mut self, width: impl IntoValue<Number>) -> Self {
        match above_zero(width) {
            Ok(width) => self.width = Some(width),
            Err(error) => self.fail(error),
        }
        self
    }

    /// Sets the widths of windows that are offered for.
    pub fn device_widths<N: IntoValue<Number>>(
        mut self,
        widths: impl IntoIterator<Item = N>,
    ) -> Self {
        match widths.into_iter().map(above_zero).collect() {
            Ok(widths) => self.device_widths = widths,
            Err(error) => self.fail(error),
        }
        self
    }

    /// Sets the widths that are offered beside those of windows, for images that are smaller.
    pub fn image_widths<N: IntoValue<Number>>(
        mut self,
        widths: impl IntoIterator<Item = N>,
    ) -> Self {
        match widths.into_iter().map(above_zero).collect() {
            Ok(widths) => self.image_widths = widths,
            Err(error) => self.fail(error),
        }
        self
    }

    /// Returns the URLs, unsigned.
    ///
    /// # Errors
    ///
    /// When there is no candidate, a width is not above zero, or a URL cannot be built.
    pub fn build(&self, builder: &UrlBuilder) -> Result<ResponsiveImage, Error> {
        self.build_each(builder, |url| url.build())
    }

    /// Returns the URLs, each of them signed.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build), and when the source lies outside of the endpoint.
    pub fn sign(
        &self,
        builder: &UrlBuilder,
        key: &PrivateKey,
        expiry: impl Into<Option<Expiry>>,
    ) -> Result<ResponsiveImage, Error> {
        let expiry = expiry.into();
        self.build_each(builder, |url| url.sign(key, expiry))
    }

    fn build_each(
        &self,
        builder: &UrlBuilder,
        build: impl Fn(&UrlBuilder) -> Result<DeliveryUrl, Error>,
    ) -> Result<ResponsiveImage, Error> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        let sizes = self.sizes.as_deref();
        let (widths, by_density) = match (sizes.filter(|sizes| !sizes.is_empty()), self.width) {
            (Some(sizes), _) => (self.for_sizes(sizes), false),
            (None, None) => (sorted(&self.device_widths), false),
            (None, Some(width)) => (self.for_width(width.get()), true),
        };
        let candidates = widths.into_iter().zip(1..).map(|(width, density)| {
            let step = Transformation::new().width(width).crop(Crop::AtMax);
            let url = build(&builder.clone().transform(step))?;
            let descriptor = if by_density {
                Descriptor::Density(density)
            } else {
                Descriptor::Width(width)
            };
            Ok(Candidate { url, descriptor })
        });
        let candidates: Vec<Candidate> = candidates.collect::<Result<_, Error>>()?;
        let Some(largest) = candidates.last() else {
            return Err(Error::Responsive(InvalidValue::new(
                sizes.unwrap_or_default(),
                "and the widths leave no candidate",
            )));
        };
        Ok(ResponsiveImage {
            src: largest.url.clone(),
            sizes: match sizes {
                None => (!by_density).then(|| "100vw".to_owned()),
                // Empty, they say that the page has none, not even the usual ones.
                Some(sizes) => (!sizes.is_empty()).then(|| sizes.to_owned()),
            },
            width: self.width,
            candidates,
        })
    }

    fn for_sizes(&self, sizes: &str) -> Vec<Number> {
        let mut all = self.all();
        let Some(smallest_share) = window_shares(sizes).min() else {
            return all;
        };
        let Some(smallest_device) = sorted(&self.device_widths).first().copied() else {
            return Vec::new();
        };
        let from = f64::from(smallest_share) * smallest_device.get();
        all.retain(|width| width.get() * 100.0 >= from);
        all
    }

    fn for_width(&self, width: f64) -> Vec<Number> {
        let all = self.all();
        let from = |wanted: f64| all.iter().find(|it| it.get() >= wanted).or(all.last());
        let mut widths: Vec<Number> = [from(width), from(2.0 * width)]
            .into_iter()
            .flatten()
            .copied()
            .collect();
        widths.dedup();
        widths
    }

    fn all(&self) -> Vec<Number> {
        sorted(&[&self.device_widths[..], &self.image_widths[..]].concat())
    }

    fn fail(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }
}

fn above_zero(width: impl IntoValue<Number>) -> Result<Number, Error> {
    let width = width.into_value().map_err(Error::Responsive)?;
    if !width.is_positive() {
        let problem = InvalidValue::new(width.get(), "is no width");
        return Err(Error::Responsive(problem));
    }
    Ok(width)
}

fn sorted(widths: &[Number]) -> Vec<Number> {
    let mut widths = widths.to_vec();
    widths.sort_by(|a, b| a.get().total_cmp(&b.get()));
    widths.dedup();
    widths
}

/// Finds the shares of the window's width, in percent.
fn window_shares(sizes: &str) -> impl Iterator<Item = u16> {
    sizes.split(char::is_whitespace).filter_map(|word| {
        let digits = word.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = word.split_at(digits);
        let is_percent = matches!(digits, 1 | 2) || (digits == 3 && number.starts_with('1'));
        (is_percent && rest.starts_with("vw")).then(|| number.parse().ok())?
    })
}

/// An image in several widths, as the attributes of an `img` element.
///
/// A template has to escape them for HTML as any other text: a URL may hold `&`.
#[derive(Debug, Clone, PartialEq)]
pub struct ResponsiveImage {
    src: DeliveryUrl,
    candidates: Vec<Candidate>,
    sizes: Option<String>,
    width: Option<Number>,
}

/// One of the widths that are offered.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Where it is.
    pub url: DeliveryUrl,
    /// For whom it is.
    pub descriptor: Descriptor,
}

/// By what a browser chooses a candidate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Descriptor {
    /// The width of the image in pixels: `640w`.
    Width(Number),
    /// The density of the screen: `2x`.
    Density(u8),
}

impl ResponsiveImage {
    /// Returns the `src` attribute, for browsers without `srcset`: the largest candidate.
    pub fn src(&self) -> &DeliveryUrl {
        &self.src
    }

    /// Returns the candidates, the smallest first.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// Returns the `srcset` attribute.
    pub fn srcset(&self) -> String {
        let mut srcset = String::new();
        for (position, Candidate { url, descriptor }) in self.candidates.iter().enumerate() {
            if position > 0 {
                srcset.push_str(", ");
            }
            srcset.push_str(url.as_str());
            srcset.push(' ');
            match descriptor {
                Descriptor::Width(width) => {
                    width.write(&mut srcset);
                    srcset.push('w');
                }
                Descriptor::Density(density) => {
                    let _ = write!(srcset, "{density}x");
                }
            }
        }
        srcset
    }

    /// Returns the `sizes` attribute, if there is one.
    pub fn sizes(&self) -> Option<&str> {
        self.sizes.as_deref()
    }

    /// Returns the `width` attribute, if one was given.
    pub fn width(&self) -> Option<f64> {
        self.width.map(Number::get)
    }
}
