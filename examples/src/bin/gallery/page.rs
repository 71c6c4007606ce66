//! The page.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};

use crate::Gallery;
use crate::pictures::Picture;
use crate::webhook::Log;

#[derive(Template)]
#[template(path = "gallery.html")]
struct Page {
    problem: Option<String>,
    pictures: Vec<Picture>,
    changes: Log,
}

/// Why something cannot be done, for the one who wanted it.
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) text: String,
}

impl Problem {
    pub(crate) fn of_user(text: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            text: text.into(),
        }
    }
}

pub(crate) async fn show(State(gallery): State<Arc<Gallery>>) -> Response {
    show_with(&gallery, None).await
}

/// Shows the pictures, and above them what went wrong.
pub(crate) async fn show_with(gallery: &Gallery, problem: Option<Problem>) -> Response {
    // Before the pictures: what changes meanwhile is then told to the page.
    let changes = gallery.changes.log();
    let (pictures, problem) = match gallery.pictures.latest(&gallery.client).await {
        Ok(pictures) => (pictures, problem),
        Err(error) => (Vec::new(), problem.or_else(|| Some(error.into()))),
    };
    let status = problem.as_ref().map_or(StatusCode::OK, |it| it.status);
    let page = Page {
        problem: problem.map(|it| it.text),
        pictures,
        changes,
    };
    match page.render() {
        Ok(html) => (status, headers(gallery), Html(html)).into_response(),
        Err(error) => {
            eprintln!("the page cannot be written: {error}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Lets the page load only what it is made of, and keeps its signed URLs out of caches that others share.
fn headers(gallery: &Gallery) -> [(HeaderName, String); 3] {
    let endpoint = gallery.pictures.endpoint.endpoint();
    let policy = format!(
        "default-src 'none'; img-src data: {endpoint}; style-src 'self'; script-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ]
}
