//! How connections are encrypted: on which cryptography that stands, whom it trusts, and when it wakes.

#[cfg(any(feature = "rustls", feature = "rustls-ring"))]
pub(crate) use by_rustls::Tls;

/// TLS as reqwest has it, or none.
#[cfg(not(any(feature = "rustls", feature = "rustls-ring")))]
pub(crate) struct Tls;

#[cfg(not(any(feature = "rustls", feature = "rustls-ring")))]
impl Tls {
    pub(crate) fn new() -> Result<Self, std::convert::Infallible> {
        Ok(Self)
    }

    pub(crate) fn apply_to(&self, http: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
        http
    }

    pub(crate) fn wake(&self) {}
}

#[cfg(any(feature = "rustls", feature = "rustls-ring"))]
mod by_rustls {
    use std::sync::{Arc, Mutex, Once, PoisonError};
    use std::thread;

    #[cfg(feature = "rustls")]
    use rustls::crypto::aws_lc_rs as cryptography;
    #[cfg(not(feature = "rustls"))]
    use rustls::crypto::ring as cryptography;

    use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
    use rustls::crypto::CryptoProvider;
    use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
    use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
    use rustls_platform_verifier::Verifier;

    /// The TLS of all HTTP clients of one client, which resume each other's sessions.
    pub(crate) struct Tls {
        config: ClientConfig,
        trust: Arc<Trust>,
        woken: Once,
    }

    impl Tls {
        pub(crate) fn new() -> Result<Self, Error> {
            // The program's own choice comes first.
            let provider = CryptoProvider::get_default().cloned();
            let provider = provider.unwrap_or_else(|| Arc::new(cryptography::default_provider()));
            let trust = Arc::new(Trust {
                provider: provider.clone(),
                verifier: Mutex::new(None),
            });
            let mut config = ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()?
                .dangerous()
                .with_custom_certificate_verifier(trust.clone())
                .with_no_client_auth();
            // reqwest leaves this to whom the configuration is of.
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
            Ok(Self {
                config,
                trust,
                woken: Once::new(),
            })
        }

        /// Returns the builder of an HTTP client that connects by this.
        pub(crate) fn apply_to(&self, http: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
            http.tls_backend_preconfigured(self.config.clone())
        }

        /// Prepares for the first handshake, on a thread of its own.
        ///
        /// aws-lc-rs tests its source of randomness before the first random number of a process, which takes some
        /// 20 ms, and to read what the operating system trusts takes some more. While a connection is being made, that
        /// is time to spare; in the handshake, where it would happen otherwise, it is not.
        pub(crate) fn wake(&self) {
            self.woken.call_once(|| {
                let trust = self.trust.clone();
                // Without a thread, or if this fails, the handshake does it.
                let thread = thread::Builder::new().name("imagekit-wake".to_owned());
                let _ = thread.spawn(move || {
                    let _ = trust.provider.secure_random.fill(&mut [0]);
                    let _ = trust.verifier();
                });
            });
        }
    }

    /// Trusts whom the operating system trusts, and asks it when that is needed first.
    #[derive(Debug)]
    struct Trust {
        provider: Arc<CryptoProvider>,
        verifier: Mutex<Option<Arc<Verifier>>>,
    }

    impl Trust {
        fn verifier(&self) -> Result<Arc<Verifier>, Error> {
            let mut verifier = self.verifier.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(verifier) = &*verifier {
                return Ok(verifier.clone());
            }
            let read = Verifier::new(self.provider.clone()).map_err(|error| {
                Error::General(format!("the certificates to trust cannot be read: {error}"))
            })?;
            Ok(verifier.insert(Arc::new(read)).clone())
        }
    }

    impl ServerCertVerifier for Trust {
        fn verify_server_cert(
            &self,
            end_entity: &CertificateDer<'_>,
            intermediates: &[CertificateDer<'_>],
            server_name: &ServerName<'_>,
            ocsp_response: &[u8],
            now: UnixTime,
        ) -> Result<ServerCertVerified, Error> {
            self.verifier()?.verify_server_cert(
                end_entity,
                intermediates,
                server_name,
                ocsp_response,
                now,
            )
        }

        fn verify_tls12_signature(
            &self,
            message: &[u8],
            cert: &CertificateDer<'_>,
            dss: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            self.verifier()?.verify_tls12_signature(message, cert, dss)
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            cert: &CertificateDer<'_>,
            dss: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            self.verifier()?.verify_tls13_signature(message, cert, dss)
        }

        /// As all verifiers of rustls answer, but before anything is read.
        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            let algorithms = &self.provider.signature_verification_algorithms;
            algorithms.supported_schemes()
        }
    }
}
