//! TLS by rustls: which cryptography it stands on, and when that wakes.

use std::sync::Arc;
#[cfg(feature = "rustls")]
use std::{sync::Once, thread};

use rustls::crypto::CryptoProvider;

/// Draws the first random number of the process, on a thread of its own.
///
/// aws-lc-rs tests its source of randomness before, which takes some 20 ms. While a connection is being made, that is
/// time to spare; in the handshake of TLS, where it would happen otherwise, it is not.
#[cfg(feature = "rustls")]
pub(crate) fn wake() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Without a thread, the handshake does it.
        let _ = thread::Builder::new()
            .name("imagekit-wake".to_owned())
            .spawn(|| {
                provider(rustls::crypto::aws_lc_rs::default_provider)
                    .secure_random
                    .fill(&mut [0])
            });
    });
}

/// Returns what reqwest needs to speak TLS by ring, with the certificates that the operating system trusts.
#[cfg(not(feature = "rustls"))]
pub(crate) fn by_ring() -> Result<rustls::ClientConfig, rustls::Error> {
    use rustls_platform_verifier::BuilderVerifierExt as _;

    let provider = provider(rustls::crypto::ring::default_provider);
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    // reqwest leaves this to whom the configuration is of.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Returns the provider that the program has installed, or else ours.
fn provider(ours: fn() -> CryptoProvider) -> Arc<CryptoProvider> {
    CryptoProvider::get_default().map_or_else(|| Arc::new(ours()), Arc::clone)
}
