//! The private key of the tests, and where it must not be.

/// The private key that the tests use.
pub const KEY: &str = "private_1hKq/aZyQ7v+Tests";
/// What HTTP Basic sends for it.
pub const BASIC: &str = "cHJpdmF0ZV8xaEtxL2FaeVE3ditUZXN0czo=";

/// Asserts that a text gives nothing of the key away.
///
/// # Panics
///
/// If the text holds the key, its encoded form, or the beginning of either.
pub fn assert_no_secret(what: &str, text: &str) {
    for secret in [KEY, BASIC, &KEY[..8], &BASIC[..8]] {
        assert!(
            !text.contains(secret),
            "{what} holds {secret:?}, a part of the key: {text}"
        );
    }
}
