//! Tokens with which a browser or an app uploads without the private key.
//!
//! They are made on a server, which holds the key and decides who may upload what, and go to the device beside the form.
//! Neither a client nor a network is needed. There are two kinds, one for each version of the upload:
//!
//! - [`UploadSigner::sign`] makes what `upload_file` takes in `token`, `expire` and `signature`. It says nothing about
//!   the form: whoever has it uploads what they like.
//! - [`UploadSigner::token`] makes what `upload_file_v2` takes in `token`: a JSON Web Token that holds every other text
//!   field of the form. A form that differs is refused.
//!
//! ImageKit takes each once, also if the upload failed, and compares times with its own clock: a server whose clock is
//! fast makes tokens that are refused as too far ahead. A lifetime below the longest one leaves room for that.
//!
//! A complete small server, for a page that uploads by the second version:
//!
//! ```no_run
//! use std::sync::Arc;
//! use std::time::{Duration, SystemTime};
//!
//! use axum::extract::State;
//! use http::StatusCode;
//! use imagekit_client::upload_tokens::UploadSigner;
//!
//! /// Returns the token for a form of the page with this file name, and with the folder that visitors may use.
//! async fn token(
//!     State(signer): State<Arc<UploadSigner>>,
//!     file_name: String,
//! ) -> Result<String, StatusCode> {
//!     // Here belongs the question who is asking.
//!     let form = [("fileName", file_name.as_str()), ("folder", "/from-visitors")];
//!     let token = signer.token(form, Duration::from_secs(600), SystemTime::now());
//!     token.map_err(|_| StatusCode::BAD_REQUEST)
//! }
//!
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! let signer = UploadSigner::new(std::env::var("IMAGEKIT_PUBLIC_KEY")?, std::env::var("IMAGEKIT_PRIVATE_KEY")?)?;
//! let app: axum::Router = axum::Router::new()
//!     .route("/upload-token", axum::routing::post(token))
//!     .with_state(Arc::new(signer));
//! axum::serve(tokio::net::TcpListener::bind("127.0.0.1:3000").await?, app).await?;
//! # Ok(())
//! # }
//! ```

use std::collections::HashSet;
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base16ct::lower;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use sha1::Sha1;
use sha2::Sha256;

/// The longest lifetime of a token, in seconds; that of a signature ends before it.
const LONGEST: u64 = 3600;

/// Makes and checks tokens for uploads.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
///
/// use imagekit_client::upload_tokens::UploadSigner;
///
/// let signer = UploadSigner::new("public_key", "private_key_test")?;
/// let now = UNIX_EPOCH + Duration::from_secs(1_582_268_000);
/// let signed = signer.sign("your_token", Duration::from_secs(1249), now)?;
/// assert_eq!(signed.expire(), 1_582_269_249);
/// assert_eq!(signed.signature(), "e71bcd6031016b060d349d212e23e85c791decdd");
/// # Ok::<(), imagekit_client::upload_tokens::UploadTokenError>(())
/// ```
pub struct UploadSigner {
    public_key: String,
    private_key: SecretString,
}

/// What the first version of the upload takes beside its form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadSignature {
    token: String,
    expire: u64,
    signature: String,
}

/// The reason why a token cannot be made, or is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UploadTokenError {
    /// A key is empty, or holds a control character.
    BadKey,
    /// The token is empty or no JSON Web Token, or the form has a field that cannot be in one.
    Malformed(String),
    /// The lifetime is below a second.
    LifetimeTooShort,
    /// The lifetime is more than an hour.
    LifetimeTooLong,
    /// The time is over.
    Expired,
    /// The signature would be valid for an hour or more.
    TooFarAhead,
    /// The private key has not signed this.
    BadSignature,
    /// The token is signed by another algorithm than HS256.
    BadAlgorithm,
    /// The token is of another public key.
    UnknownKey,
    /// The token says not when it was made, or until when it is valid.
    MissingClaim(&'static str),
    /// The form has a field that is not in the token, lacks one, or has another text in it.
    PayloadMismatch(String),
}

impl fmt::Display for UploadTokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadKey => f.write_str("a key is empty, or holds a control character"),
            Self::Malformed(reason) => f.write_str(reason),
            Self::LifetimeTooShort => f.write_str("the lifetime is below a second"),
            Self::LifetimeTooLong => f.write_str("the lifetime is more than an hour"),
            Self::Expired => f.write_str("the time of the token is over"),
            Self::TooFarAhead => f.write_str("the time of the token is an hour ahead or more"),
            Self::BadSignature => f.write_str("the private key has not signed the token"),
            Self::BadAlgorithm => f.write_str("the token is not signed by HS256"),
            Self::UnknownKey => f.write_str("the token is of another public key"),
            Self::MissingClaim(claim) => write!(f, "the token has no whole number in `{claim}`"),
            Self::PayloadMismatch(field) => {
                write!(
                    f,
                    "the field `{field}` of the form is not what the token says"
                )
            }
        }
    }
}

impl std::error::Error for UploadTokenError {}

impl UploadSigner {
    /// Creates a signer from the keys of an account.
    ///
    /// # Errors
    ///
    /// [`UploadTokenError::BadKey`].
    pub fn new(
        public_key: impl Into<String>,
        private_key: impl Into<String>,
    ) -> Result<Self, UploadTokenError> {
        let (public_key, private_key) = (public_key.into(), private_key.into());
        let is_bad = |key: &str| key.is_empty() || key.contains(char::is_control);
        if is_bad(&public_key) || is_bad(&private_key) {
            return Err(UploadTokenError::BadKey);
        }
        Ok(Self {
            public_key,
            private_key: private_key.into(),
        })
    }

    /// Returns the public key, which the form of the first version takes in `publicKey`.
    pub fn public_key(&self) -> &str {
        &self.public_key
    }

    /// Signs a token of the caller's, which must be unique, for a lifetime of less than an hour from `now` on.
    ///
    /// # Errors
    ///
    /// If the token is empty, or the lifetime is below a second, an hour or more.
    pub fn sign(
        &self,
        token: impl Into<String>,
        lifetime: Duration,
        now: SystemTime,
    ) -> Result<UploadSignature, UploadTokenError> {
        let token = token.into();
        if token.is_empty() {
            return Err(UploadTokenError::Malformed("the token is empty".to_owned()));
        }
        let lifetime = whole_seconds(lifetime)?;
        if lifetime >= LONGEST {
            return Err(UploadTokenError::TooFarAhead);
        }
        let expire = seconds(now).saturating_add(lifetime);
        let signature = self.signature(&token, expire)?.finalize().into_bytes();
        let signature = lower::encode_string(&signature);
        Ok(UploadSignature {
            token,
            expire,
            signature,
        })
    }

    /// Checks a signature as ImageKit does; whether its token was used before is for the caller to remember.
    ///
    /// # Errors
    ///
    /// If it is wrong, expired, or an hour ahead of `now` or more.
    pub fn verify(
        &self,
        signed: &UploadSignature,
        now: SystemTime,
    ) -> Result<(), UploadTokenError> {
        let bytes =
            lower::decode_vec(&signed.signature).map_err(|_| UploadTokenError::BadSignature)?;
        self.signature(&signed.token, signed.expire)?
            .verify_slice(&bytes)
            .map_err(|_| UploadTokenError::BadSignature)?;
        match signed.expire.checked_sub(seconds(now)) {
            None | Some(0) => Err(UploadTokenError::Expired),
            Some(ahead) if ahead >= LONGEST => Err(UploadTokenError::TooFarAhead),
            Some(_) => Ok(()),
        }
    }

    /// Makes a JSON Web Token for a form: all its text fields but `file` and `token`, each as it will be sent. Lists are
    /// joined by commas, objects are JSON, and booleans `true` or `false`.
    ///
    /// # Errors
    ///
    /// If a field stands twice or cannot be in a token, or the lifetime is below a second or more than an hour.
    pub fn token<N: AsRef<str>, T: AsRef<str>>(
        &self,
        form: impl IntoIterator<Item = (N, T)>,
        lifetime: Duration,
        now: SystemTime,
    ) -> Result<String, UploadTokenError> {
        let lifetime = whole_seconds(lifetime)?;
        if lifetime > LONGEST {
            return Err(UploadTokenError::LifetimeTooLong);
        }
        let mut seen = HashSet::new();
        let mut payload = "{".to_owned();
        for (name, text) in form {
            let (name, text) = (name.as_ref(), text.as_ref());
            if matches!(name, "file" | "token" | "iat" | "exp") || !seen.insert(name.to_owned()) {
                let reason = format!("the field `{name}` cannot be in a token, or stands twice");
                return Err(UploadTokenError::Malformed(reason));
            }
            payload += &format!("{}:{},", Value::from(name), Value::from(text));
        }
        let made = seconds(now);
        payload += &format!("\"iat\":{made},\"exp\":{}}}", made.saturating_add(lifetime));
        let key = Value::from(self.public_key.as_str());
        let header = format!("{{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":{key}}}");
        let signed = [header, payload]
            .map(|part| URL_SAFE_NO_PAD.encode(part))
            .join(".");
        let signature = self.jwt_signature(&signed)?.finalize().into_bytes();
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// Checks a JSON Web Token and the form beside it as ImageKit does; whether the token was used before is for the
    /// caller to remember.
    ///
    /// # Errors
    ///
    /// [`UploadTokenError`] says why not.
    pub fn verify_token<N: AsRef<str>, T: AsRef<str>>(
        &self,
        token: &str,
        form: impl IntoIterator<Item = (N, T)>,
        now: SystemTime,
    ) -> Result<(), UploadTokenError> {
        let malformed = || UploadTokenError::Malformed("it is no JSON Web Token".to_owned());
        let (signed, signature) = token.rsplit_once('.').ok_or_else(malformed)?;
        let (header, payload) = signed.split_once('.').ok_or_else(malformed)?;
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| malformed());
        let json =
            |part: &str| serde_json::from_slice::<Value>(&decoded(part)?).map_err(|_| malformed());
        let header = json(header)?;
        if header["alg"] != "HS256" {
            return Err(UploadTokenError::BadAlgorithm);
        }
        if header["kid"] != self.public_key.as_str() {
            return Err(UploadTokenError::UnknownKey);
        }
        self.jwt_signature(signed)?
            .verify_slice(&decoded(signature)?)
            .map_err(|_| UploadTokenError::BadSignature)?;
        let payload = json(payload)?;
        let claim = |name| {
            payload[name]
                .as_u64()
                .ok_or(UploadTokenError::MissingClaim(name))
        };
        let (made, expire) = (claim("iat")?, claim("exp")?);
        if expire.saturating_sub(made) > LONGEST {
            return Err(UploadTokenError::LifetimeTooLong);
        }
        if expire <= seconds(now) {
            return Err(UploadTokenError::Expired);
        }
        let mut covered = payload.as_object().cloned().unwrap_or_default();
        covered.retain(|name, _| name != "iat" && name != "exp");
        for (name, text) in form {
            let name = name.as_ref();
            let is_sent_only = matches!(name, "file" | "token");
            if !is_sent_only && covered.remove(name).is_none_or(|it| it != text.as_ref()) {
                return Err(UploadTokenError::PayloadMismatch(name.to_owned()));
            }
        }
        match covered.into_iter().next() {
            Some((name, _)) => Err(UploadTokenError::PayloadMismatch(name)),
            None => Ok(()),
        }
    }

    fn signature(&self, token: &str, expire: u64) -> Result<Hmac<Sha1>, UploadTokenError> {
        let key = self.private_key.expose_secret().as_bytes();
        let mut mac = Hmac::<Sha1>::new_from_slice(key).map_err(|_| UploadTokenError::BadKey)?;
        mac.update(token.as_bytes());
        mac.update(expire.to_string().as_bytes());
        Ok(mac)
    }

    fn jwt_signature(&self, signed: &str) -> Result<Hmac<Sha256>, UploadTokenError> {
        let key = self.private_key.expose_secret().as_bytes();
        let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| UploadTokenError::BadKey)?;
        mac.update(signed.as_bytes());
        Ok(mac)
    }
}

impl fmt::Debug for UploadSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadSigner")
            .field("public_key", &self.public_key)
            .finish_non_exhaustive()
    }
}

impl UploadSignature {
    /// Creates a signature as it came with a form, to be checked.
    pub fn new(token: impl Into<String>, expire: u64, signature: impl Into<String>) -> Self {
        Self {
            token: token.into(),
            expire,
            signature: signature.into(),
        }
    }

    /// Returns the text for the field `token`.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Returns the number for the field `expire`, in seconds since 1970.
    pub fn expire(&self) -> u64 {
        self.expire
    }

    /// Returns the text for the field `signature`.
    pub fn signature(&self) -> &str {
        &self.signature
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}

fn whole_seconds(lifetime: Duration) -> Result<u64, UploadTokenError> {
    match lifetime.as_secs() {
        0 => Err(UploadTokenError::LifetimeTooShort),
        seconds => Ok(seconds),
    }
}
