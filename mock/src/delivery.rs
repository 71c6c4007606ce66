//! The address under which files are delivered, as ImageKit's CDN does; but the originals only.

use http::{HeaderMap, HeaderName, StatusCode, Uri, header};
use percent_encoding::percent_decode_str;

use crate::Library;
use crate::library::paths;
use crate::library::usage::Delivery;
use crate::library::version::{StoredFile, Version};
use crate::reply::Reply;
use crate::signature::sha1_hex;

/// The first segment of delivery addresses, in the place of the id of an account.
pub(crate) const ACCOUNT: &str = "your_imagekit_id";

/// When a signature expires that does not say when.
const NEVER: i64 = 9_999_999_999;

/// Where a delivery address leads.
#[derive(Debug)]
pub(crate) struct Address {
    path: String,
    transformation: Option<String>,
    version: Option<String>,
}

/// Returns what follows the URL endpoint in an address of the account.
pub(crate) fn path_of<'u>(library: &Library, url: &'u str) -> Option<&'u str> {
    let documented = "https://ik.imagekit.io/your_imagekit_id";
    let path = url
        .strip_prefix(&library.endpoint)
        .or_else(|| url.strip_prefix(documented))?;
    path.starts_with('/').then_some(path)
}

impl Address {
    pub(crate) fn of_url(library: &Library, url: &str) -> Option<Self> {
        path_of(library, url).map(Self::parse)
    }

    /// Reads a path below the URL endpoint, with its query.
    fn parse(path: &str) -> Self {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let parameter = |name: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            pairs
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        let decoded = percent_decode_str(path).decode_utf8_lossy();
        let segments: Vec<_> = decoded.split('/').filter(|it| !it.is_empty()).collect();
        let in_path = segments.iter().find_map(|it| it.strip_prefix("tr:"));
        let transformation = in_path.map(str::to_owned).or_else(|| parameter("tr"));
        let path = segments.iter().filter(|it| !it.starts_with("tr:"));
        let path: String = path.flat_map(|it| ["/", it]).collect();
        Self {
            path: paths::normalize(&path),
            transformation,
            version: parameter("ik-obj-version"),
        }
    }

    /// Returns the version that is meant.
    pub(crate) fn find<'l>(&self, library: &'l Library) -> Option<(&'l StoredFile, &'l Version)> {
        let file = library.file_by_path(&self.path).or_else(|| {
            // Below the prefix of another URL endpoint.
            let (prefix, rest) = self.path.strip_prefix('/')?.split_once('/')?;
            let mut endpoints = library.url_endpoints.values();
            let is_known = endpoints.any(|it| it["urlPrefix"] == prefix);
            is_known.then(|| library.file_by_path(&format!("/{rest}")))?
        })?;
        let meant = |version: &&Version| match &self.version {
            Some(token) => version.token.as_ref() == Some(token) || version.id == *token,
            None => file.is_current(version),
        };
        let version = file.versions.iter().find(meant)?;
        Some((file, version))
    }

    /// Returns the named transformations that are asked for.
    fn names(&self) -> impl Iterator<Item = &str> {
        let steps = self.transformation.as_deref().unwrap_or_default();
        steps
            .split([',', ':'])
            .filter_map(|it| it.strip_prefix("n-"))
    }
}

/// Delivers what a path below the URL endpoint leads to.
pub(crate) fn deliver(library: &mut Library, key: &str, uri: &Uri, headers: &HeaderMap) -> Reply {
    let path = uri.path_and_query().map_or("", |it| it.as_str());
    let path = path
        .strip_prefix('/')
        .and_then(|it| it.strip_prefix(ACCOUNT))
        .unwrap_or_default();
    let address = Address::parse(path);
    let reply = original(library, key, path, &address).unwrap_or_else(|refused| refused);
    let text = |name: HeaderName| {
        let value = headers.get(name).and_then(|it| it.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let content_type = reply.headers.get(header::CONTENT_TYPE);
    let is_delivered = reply.status.is_success();
    let mime = content_type
        .and_then(|it| it.to_str().ok())
        .filter(|_| is_delivered);
    let delivery = Delivery {
        url: format!("{}{}", library.endpoint, paths::encode(&address.path)),
        status: reply.status.as_u16(),
        mime: mime.unwrap_or_default().to_owned(),
        transformation: address.transformation.unwrap_or_default(),
        referrer: text(header::REFERER),
        user_agent: text(header::USER_AGENT),
    };
    library.count_delivery(delivery, reply.body.len() as u64);
    reply
}

fn original(library: &Library, key: &str, path: &str, address: &Address) -> Result<Reply, Reply> {
    let is_signed = check_signature(library, key, path)?;
    let mut is_named = false;
    for name in address.names() {
        let mut known = library.named_transformations.values();
        // The one that ImageKit uses itself, for thumbnails.
        let is_known = name.starts_with("ik_ml_")
            || known.any(|it| it["name"] == name && it["enabled"] == true);
        if !is_known {
            let reason = format!("there is no enabled named transformation {name}");
            return Err(refuse(StatusCode::BAD_REQUEST, &reason));
        }
        is_named = true;
    }
    let missing = || refuse(StatusCode::NOT_FOUND, "there is no such file");
    let (file, version) = address.find(library).ok_or_else(missing)?;
    if !version.is_published {
        return Err(missing());
    }
    if version.is_private && !is_signed && !is_named {
        return Err(refuse(
            StatusCode::UNAUTHORIZED,
            "the file is private, and the URL is not signed",
        ));
    }
    let Some(bytes) = version.content.as_ref().and_then(|it| it.read().ok()) else {
        let reason = "the mock knows this file, but has no bytes of it";
        return Err(refuse(StatusCode::NOT_FOUND, reason));
    };
    let mime = version
        .media
        .mime
        .as_deref()
        .unwrap_or("application/octet-stream");
    let mut reply = Reply::new(StatusCode::OK, mime, bytes)
        .header(header::ETAG, &format!("\"{}\"", version.id));
    if address.transformation.is_some() {
        reply = reply.header(
            HeaderName::from_static("x-mock-transformation"),
            "not applied",
        );
    }
    if path.contains("ik-attachment=true") {
        let name = paths::encode(&file.name);
        reply = reply.header(
            header::CONTENT_DISPOSITION,
            &format!("attachment; filename*=UTF-8''{name}"),
        );
    }
    Ok(reply)
}

/// Returns whether a path is signed; refuses it if it is signed wrongly or too late.
fn check_signature(library: &Library, key: &str, path: &str) -> Result<bool, Reply> {
    let (start, query) = path.split_once('?').unwrap_or((path, ""));
    let mut signature = None;
    let mut expiry = None;
    let mut others = Vec::new();
    for pair in query.split('&').filter(|it| !it.is_empty()) {
        match pair.split_once('=') {
            Some(("ik-s", value)) => signature = Some(value),
            Some(("ik-t", value)) => expiry = Some(value),
            _ => others.push(pair),
        }
    }
    let Some(signature) = signature else {
        return Ok(false);
    };
    let refused = |reason: &str| Err(refuse(StatusCode::UNAUTHORIZED, reason));
    let Ok(expiry) = expiry.map_or(Ok(NEVER), str::parse) else {
        return refused("the expiry of the URL is not a number");
    };
    if expiry < library.now().timestamp() {
        return refused("the URL has expired");
    }
    let mut text = start.trim_start_matches('/').to_owned();
    if !others.is_empty() {
        text = format!("{text}?{}", others.join("&"));
    }
    if sha1_hex(key, &format!("{text}{expiry}")) != signature {
        return refused("the signature of the URL does not match");
    }
    Ok(true)
}

fn refuse(status: StatusCode, reason: &str) -> Reply {
    Reply::new(status, "text/plain; charset=utf-8", format!("{reason}\n"))
        .header(HeaderName::from_static("ik-error"), reason)
}
