//! What holds for any input.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use imagekit_url::{
    Anchor, DeliveryUrl, Encoding, Endpoint, Expiry, Layer, Position, PrivateKey, Prompt,
    Responsive, Transformation, UrlBuilder,
};
use proptest::prelude::*;
use url::Url;

const ENDPOINTS: [&str; 4] = [
    "https://ik.imagekit.io/demo",
    "http://IK.imagekit.io:8080/de mo/ik-seo/",
    "https://bücher.example",
    "https://ik.imagekit.io/demo/a^b",
];

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_767_225_600)
}

/// What a client sends for a URL.
fn sent(url: &str) -> String {
    Url::parse(url).unwrap().into()
}

/// Texts of what separates the parts of a URL, and any others.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        r"([a-z]|\.|%2e|%2E|%|/|\\|:|\?|#|&|=|,|;|'|@| |tr:|\+|\^|\||\{|é|ik-s=|\t){0,12}",
        any::<String>(),
        "[a-z/. é]{1,8}",
    ]
}

#[derive(Debug, Clone)]
enum Step {
    Size(u32, f64),
    Text(String, bool),
    Image(String, bool),
    Named(String),
    Font(String),
    Default(String),
    Edit(String),
    Parameter(String, String),
    Raw(String),
    Then,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (any::<u32>(), any::<f64>()).prop_map(|(width, x)| Step::Size(width, x)),
        (hostile(), any::<bool>()).prop_map(|(text, plain)| Step::Text(text, plain)),
        (hostile(), any::<bool>()).prop_map(|(path, plain)| Step::Image(path, plain)),
        hostile().prop_map(Step::Named),
        hostile().prop_map(Step::Font),
        hostile().prop_map(Step::Default),
        hostile().prop_map(Step::Edit),
        (hostile(), hostile()).prop_map(|(key, value)| Step::Parameter(key, value)),
        hostile().prop_map(Step::Raw),
        Just(Step::Then),
    ]
}

fn apply(to: Transformation, step: &Step) -> Transformation {
    let encoding = |plain: bool| match plain {
        true => Encoding::Plain,
        false => Encoding::Auto,
    };
    match step {
        Step::Size(width, x) => to.width(*width).x(*x),
        Step::Text(text, plain) => to.layer(
            Layer::text(text)
                .encoding(encoding(*plain))
                .focus(Anchor::Top),
        ),
        Step::Image(path, plain) => to.layer(Layer::image(path).encoding(encoding(*plain)).x(-1)),
        Step::Named(name) => to.named(name),
        Step::Font(font) => to.font_family(font),
        Step::Default(path) => to.default_image(path),
        Step::Edit(prompt) => match Prompt::new(prompt) {
            Ok(prompt) => to.edit(prompt),
            Err(_) => to,
        },
        Step::Parameter(key, value) => to.parameter(key, value),
        Step::Raw(text) => to.raw(text),
        Step::Then => to.then(),
    }
}

/// Steps that can be written, each by itself: one bad value would hide all others.
fn transformation() -> impl Strategy<Value = Transformation> {
    proptest::collection::vec(step(), 0..4).prop_map(|steps| {
        steps.iter().fold(Transformation::new(), |built, step| {
            if apply(Transformation::new(), step).text().is_ok() {
                apply(built, step)
            } else {
                built
            }
        })
    })
}

#[derive(Debug, Clone)]
struct Case {
    builder: UrlBuilder,
    transformation: Transformation,
    is_in_path: bool,
    query: Vec<(String, String)>,
}

fn case() -> impl Strategy<Value = Case> {
    let source = (0..3, hostile());
    let query = proptest::collection::vec((hostile(), hostile()), 0..3);
    (
        0..ENDPOINTS.len(),
        source,
        transformation(),
        any::<bool>(),
        query,
    )
        .prop_map(
            |(endpoint, (kind, source), transformation, in_path, query)| {
                let builder = UrlBuilder::new(ENDPOINTS[endpoint]).unwrap();
                let builder = match kind {
                    0 => builder.path(source),
                    1 => builder.file_path(source),
                    _ => {
                        let source =
                            format!("{}/{source}", ENDPOINTS[endpoint].trim_end_matches('/'));
                        builder.absolute(source)
                    }
                };
                let position = match in_path {
                    true => Position::Path,
                    false => Position::Query,
                };
                let mut builder = builder.position(position).transform(transformation.clone());
                for (name, value) in &query {
                    builder = builder.query(name, value);
                }
                Case {
                    builder,
                    transformation,
                    is_in_path: in_path && kind < 2,
                    query,
                }
            },
        )
}

fn check(case: &Case, endpoint: &Endpoint, url: &DeliveryUrl) -> Result<(), TestCaseError> {
    let parsed = Url::parse(url.as_str()).unwrap();
    prop_assert_eq!(parsed.as_str(), url.as_str(), "clients send something else");
    prop_assert!(url.as_str().starts_with(endpoint.as_str()));
    prop_assert!(parsed.fragment().is_none());

    let tr = case.transformation.text().unwrap();
    let query = parsed.query().unwrap_or_default();
    let inside = url.as_str().strip_prefix(endpoint.as_str()).unwrap();
    let mut end = parsed.query_pairs().count();
    if !tr.is_empty() && case.is_in_path {
        let (first, _) = inside.split_once('/').unwrap();
        prop_assert_eq!(first, format!("tr:{tr}"));
    } else if !tr.is_empty() {
        let last = query.rsplit('&').next().unwrap();
        prop_assert_eq!(last, format!("tr={}", tr.replace('\'', "%27")));
        end -= 1;
    }
    let pairs: Vec<(String, String)> = parsed.query_pairs().into_owned().collect();
    prop_assert_eq!(&pairs[end - case.query.len()..end], &case.query[..]);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn a_built_url_stays_in_its_endpoint_and_has_the_parts_it_was_built_from(case in case()) {
        let endpoint = case.builder.endpoint();
        if let Ok(url) = case.builder.build() {
            check(&case, endpoint, &url)?;
        }
    }

    #[test]
    fn the_verifier_accepts_what_was_signed_and_nothing_that_was_changed(
        case in case(),
        lifetime in proptest::option::of(1_u32..),
        at in any::<proptest::sample::Index>(),
    ) {
        let key = PrivateKey::new("dummy-key").unwrap();
        let expiry = lifetime
            .map(|lifetime| Expiry::after(now(), Duration::from_secs(lifetime.into())).unwrap());
        let endpoint = case.builder.endpoint();
        if let Ok(url) = case.builder.sign(&key, expiry) {
            let text = url.as_str();
            prop_assert!(url.is_signed());
            prop_assert_eq!(endpoint.verify(text, &key, now()), Ok(expiry));
            prop_assert_eq!(sent(text), text);

            // Everything is ASCII by now.
            let at = at.index(text.len());
            let mut changed = text.as_bytes().to_vec();
            changed[at] = if changed[at] == b'1' { b'2' } else { b'1' };
            let changed = String::from_utf8(changed).unwrap();
            prop_assert!(endpoint.verify(&changed, &key, now()).is_err(), "{}", changed);
            let longer = format!("{text}&a=b");
            prop_assert!(endpoint.verify(&longer, &key, now()).is_err());
        }
    }

    #[test]
    fn an_endpoint_is_in_the_form_that_clients_send(text in hostile(), host in "[a-zA-Zé0-9.-]{1,8}") {
        for text in [text.clone(), format!("https://{host}/{text}")] {
            if let Ok(endpoint) = Endpoint::new(&text) {
                prop_assert_eq!(sent(endpoint.as_str()), endpoint.as_str());
                prop_assert!(endpoint.as_str().ends_with('/'));
                prop_assert_eq!(&Endpoint::new(endpoint.as_str()).unwrap(), &endpoint);
            }
        }
    }

    #[test]
    fn verifying_any_text_neither_panics_nor_succeeds(rest in hostile(), signature in "[0-9a-f]{38,42}") {
        let key = PrivateKey::new("dummy-key").unwrap();
        let endpoint = Endpoint::new("https://ik.imagekit.io/demo").unwrap();
        for text in [rest.clone(), format!("{endpoint}{rest}"), format!("{endpoint}{rest}?ik-s={signature}")] {
            prop_assert!(endpoint.verify(&text, &key, now()).is_err());
        }
    }

    #[test]
    fn candidates_grow_and_each_is_there_once(
        sizes in proptest::option::of(r"([0-9]{1,3}vw|[ ,(a-z]){0,6}"),
        width in proptest::option::of(0.01_f64..5000.0),
        devices in proptest::collection::vec(1_u32..5000, 0..5),
        images in proptest::collection::vec(1_u32..5000, 0..5),
    ) {
        let builder = UrlBuilder::new("https://ik.imagekit.io/demo").unwrap().path("a.jpg");
        let mut responsive = Responsive::new().device_widths(devices).image_widths(images);
        if let Some(sizes) = sizes {
            responsive = responsive.sizes(sizes);
        }
        if let Some(width) = width {
            responsive = responsive.width(width);
        }
        if let Ok(image) = responsive.build(&builder) {
            let widths: Vec<f64> = image
                .candidates()
                .iter()
                .map(|candidate| {
                    let (_, rest) = candidate.url.as_str().split_once("tr=w-").unwrap();
                    rest.strip_suffix(",c-at_max").unwrap().parse().unwrap()
                })
                .collect();
            prop_assert!(widths.is_sorted_by(|a, b| a < b), "{:?}", widths);
            prop_assert_eq!(image.srcset().split(", ").count(), widths.len());
        }
    }
}
