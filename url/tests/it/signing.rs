use std::time::{Duration, SystemTime, UNIX_EPOCH};

use imagekit_url::{
    Endpoint, Error, Expiry, PrivateKey, Responsive, Transformation, UrlBuilder, VerifyError,
};

fn key() -> PrivateKey {
    PrivateKey::new("dummy-key").unwrap()
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn builder() -> UrlBuilder {
    UrlBuilder::new("https://ik.imagekit.io/demo")
        .unwrap()
        .path("sdk-testing-files/future-search.png")
}

fn endpoint() -> Endpoint {
    builder().endpoint().clone()
}

const SIGNED: &str = "https://ik.imagekit.io/demo/sdk-testing-files/future-search.png?\
     ik-t=1767225900&ik-s=2780804f9ea92a6c025d7512118f4ab8d1127af7";

#[test]
fn signature_of_the_sdk_is_accepted_until_its_last_second() {
    let expiry = Expiry::unix(1_767_225_900).unwrap();
    for second in [1_767_225_600, 1_767_225_900] {
        assert_eq!(
            endpoint().verify(SIGNED, &key(), at(second)),
            Ok(Some(expiry))
        );
    }
    assert_eq!(
        endpoint().verify(SIGNED, &key(), at(1_767_225_901)),
        Err(VerifyError::Expired)
    );
}

#[test]
fn signature_and_expiry_are_accepted_in_either_order() {
    let swapped = "https://ik.imagekit.io/demo/sdk-testing-files/future-search.png?\
         ik-s=2780804f9ea92a6c025d7512118f4ab8d1127af7&ik-t=1767225900";
    assert!(endpoint().verify(swapped, &key(), at(0)).is_ok());
}

#[test]
fn each_way_to_be_wrong_has_its_reason() {
    let never = "ik-s=32dbbbfc5f945c0403c71b54c38e76896ef2d6b0";
    let file = "https://ik.imagekit.io/demo/sdk-testing-files/future-search.png";
    assert_eq!(
        endpoint().verify(&format!("{file}?{never}"), &key(), at(0)),
        Ok(None)
    );
    let cases = [
        (file.to_owned(), VerifyError::NotSigned),
        (format!("{file}?a=b"), VerifyError::NotSigned),
        (format!("{file}?ik-t=1767225900"), VerifyError::Malformed),
        (format!("{file}?{never}&{never}"), VerifyError::Malformed),
        (format!("{file}?{never}&a=b"), VerifyError::Malformed),
        (format!("{file}?{never}0"), VerifyError::Malformed),
        (
            format!("{file}?{}", never.to_uppercase()),
            VerifyError::NotSigned,
        ),
        (
            format!("{file}?ik-s={}", never[5..].to_uppercase()),
            VerifyError::Malformed,
        ),
        (
            format!("{file}?ik-t=01767225900&{never}"),
            VerifyError::Malformed,
        ),
        (
            format!("{file}?ik-t=+1767225900&{never}"),
            VerifyError::Malformed,
        ),
        (
            format!("{file}?ik-t=9999999999&{never}"),
            VerifyError::Malformed,
        ),
        (format!("{file}?ik-t=&{never}"), VerifyError::Malformed),
        (format!("{file}?a=b&{never}"), VerifyError::WrongSignature),
        (format!("{file}x?{never}"), VerifyError::WrongSignature),
        (
            format!("{file}?ik-t=1767225900&{never}"),
            VerifyError::WrongSignature,
        ),
        (format!("{file}?{never}#a"), VerifyError::OutsideEndpoint),
        (
            format!("https://ik.imagekit.io/demo2/a.jpg?{never}"),
            VerifyError::OutsideEndpoint,
        ),
        (
            format!("http://ik.imagekit.io/demo/a.jpg?{never}"),
            VerifyError::OutsideEndpoint,
        ),
        (
            format!("https://ik.imagekit.io/demo/%2E./a.jpg?{never}"),
            VerifyError::OutsideEndpoint,
        ),
    ];
    for (url, reason) in cases {
        assert_eq!(endpoint().verify(&url, &key(), at(0)), Err(reason), "{url}");
    }
    let other = PrivateKey::new("another").unwrap();
    assert_eq!(
        endpoint().verify(SIGNED, &other, at(0)),
        Err(VerifyError::WrongSignature)
    );
}

#[test]
fn question_mark_within_the_query_begins_no_parameter() {
    let key = PrivateKey::new("dummy-key").unwrap();
    let builder = UrlBuilder::new("https://ik.imagekit.io/demo")
        .unwrap()
        .path("a.jpg");
    let signed = builder
        .clone()
        .transform(Transformation::new().raw("?ik-s=1"))
        .sign(&key, None)
        .unwrap();
    let endpoint = builder.endpoint();
    assert!(
        signed.as_str().contains("?tr=?ik-s=1&ik-s="),
        "{}",
        signed.as_str()
    );
    assert_eq!(endpoint.verify(signed.as_str(), &key, UNIX_EPOCH), Ok(None));
}

#[test]
fn digit_moved_from_the_text_into_the_expiry_gains_nothing() {
    let url = builder()
        .transform(Transformation::new().width(305))
        .sign(&key(), Expiry::unix(1_767_225_900).unwrap())
        .unwrap();
    let moved = url.as_str().replace("w-305&ik-t=", "w-30&ik-t=5");
    assert_ne!(moved, url.as_str());
    assert_eq!(
        endpoint().verify(&moved, &key(), at(1_767_225_901)),
        Err(VerifyError::Malformed)
    );
}

#[test]
fn plain_text_in_a_value_is_signed_as_clients_send_it() {
    let url = builder()
        .transform(Transformation::new().raw("i-it's é"))
        .sign(&key(), None)
        .unwrap();
    assert!(url.as_str().contains("?tr=i-it%27s%20%C3%A9&ik-s="));
    let sent = url::Url::parse(url.as_str()).unwrap();
    assert!(endpoint().verify(sent.as_str(), &key(), at(0)).is_ok());
}

#[test]
fn source_outside_of_the_endpoint_is_built_but_not_signed() {
    let sources = [
        "https://h.example/demo/a.jpg",
        "http://ik.imagekit.io/demo/a.jpg",
        "https://ik.imagekit.io/demo2/a.jpg",
        "https://ik.imagekit.io/demo",
    ];
    for source in sources {
        let builder = builder().absolute(source);
        assert!(builder.build().is_ok(), "{source}");
        assert!(
            matches!(builder.sign(&key(), None), Err(Error::OutsideEndpoint(_))),
            "{source}"
        );
    }
}

#[test]
fn every_candidate_of_a_responsive_image_is_signed() {
    let expiry = Expiry::unix(1_767_225_900).unwrap();
    let image = Responsive::new()
        .width(400)
        .sign(&builder(), &key(), expiry)
        .unwrap();
    assert_eq!(image.candidates().len(), 2);
    for candidate in image.candidates() {
        assert_eq!(candidate.url.expiry(), Some(expiry));
        assert!(
            endpoint()
                .verify(candidate.url.as_str(), &key(), at(0))
                .is_ok()
        );
    }
}

#[test]
fn expiry_is_a_time_at_which_something_can_expire() {
    for seconds in [0, 9_999_999_999, u64::MAX] {
        assert!(matches!(Expiry::unix(seconds), Err(Error::Expiry(_))));
    }
    assert!(Expiry::unix(9_999_999_998).is_ok());
    assert!(Expiry::at(UNIX_EPOCH - Duration::from_secs(1)).is_err());
    let time = at(1_767_225_600) + Duration::from_millis(999);
    assert_eq!(Expiry::at(time).unwrap().as_unix(), 1_767_225_600);
    assert!(Expiry::after(time, Duration::from_millis(999)).is_err());
    assert!(Expiry::after(time, Duration::MAX).is_err());
    let after = Expiry::after(time, Duration::from_millis(60_900)).unwrap();
    assert_eq!(after.as_unix(), 1_767_225_660);
}

#[test]
fn key_is_refused_where_every_signature_would_be_wrong() {
    for key in ["", "private_key\n"] {
        assert_eq!(PrivateKey::new(key).err(), Some(Error::Key));
    }
}

/// Asks whether a type has a trait: an inherent constant hides that of a trait, where there is one.
trait Otherwise {
    const IS: bool = false;
}

impl<T> Otherwise for T {}

macro_rules! implements {
    ($type:ty: $($bound:tt)+) => {{
        #[allow(dead_code, reason = "depends on the answer")]
        struct Asked<T>(std::marker::PhantomData<T>);
        #[allow(dead_code, reason = "depends on the answer")]
        impl<T: $($bound)+> Asked<T> {
            const IS: bool = true;
        }
        <Asked<$type>>::IS
    }};
}

#[test]
fn key_is_shown_by_nothing() {
    assert!(implements!(Expiry: std::fmt::Debug), "the question works");
    assert!(!implements!(PrivateKey: std::fmt::Debug));
    assert!(!implements!(PrivateKey: std::fmt::Display));
    assert!(!implements!(PrivateKey: AsRef<str>));
    assert!(!implements!(PrivateKey: std::ops::Deref));
}

#[test]
fn debug_output_of_a_signed_url_holds_no_signature() {
    let url = builder().sign(&key(), None).unwrap();
    assert!(url.to_string().contains("ik-s=32dbbbfc"));
    let debug = format!(
        "{url:?} {:?}",
        Responsive::new().sign(&builder(), &key(), None)
    );
    assert!(!debug.contains("ik-s"), "{debug}");
    assert!(debug.contains("future-search.png"));
    assert!(debug.contains("is_signed: true"));
}
