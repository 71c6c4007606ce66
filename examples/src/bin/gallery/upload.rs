//! The upload: from the form of a browser to ImageKit, without ever being whole in memory or on a disk.

use std::io;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use futures_util::TryStreamExt as _;
use imagekit_client::UploadSource;
use multer::{Constraints, Multipart, SizeLimit};
use tokio_util::io::StreamReader;

use crate::page::{self, Problem};
use crate::{FOLDER, Gallery};

/// The most bytes of a picture, with the rest of the form.
const MAX_BYTES: u64 = 25 << 20;

/// The most bytes of a description.
const MAX_DESCRIPTION: u64 = 500;

/// Stores what the form holds, and shows the page again.
pub(crate) async fn upload(
    State(gallery): State<Arc<Gallery>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let stored = match parse(&headers, body) {
        Ok(mut form) => {
            let stored = store(&gallery, &mut form).await;
            // A browser that cannot send everything does not show the response.
            while let Ok(Some(_)) = form.next_field().await {}
            stored
        }
        Err(problem) => Err(problem),
    };
    match stored {
        // So that loading the page anew does not upload once more.
        Ok(()) => Redirect::to("/").into_response(),
        Err(problem) => page::show_with(&gallery, Some(problem)).await,
    }
}

/// Reads the form as it comes. The `Multipart` of axum lends its fields, but a source has to own what it reads.
fn parse(headers: &HeaderMap, body: Body) -> Result<Multipart<'static>, Problem> {
    let content_type = headers.get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|it| it.to_str().ok());
    let boundary = multer::parse_boundary(content_type.unwrap_or_default())?;
    let limits = SizeLimit::new()
        .whole_stream(MAX_BYTES)
        .for_field("description", MAX_DESCRIPTION);
    let limits = Constraints::new().size_limit(limits);
    Ok(Multipart::with_constraints(
        body.into_data_stream(),
        boundary,
        limits,
    ))
}

async fn store(gallery: &Gallery, form: &mut Multipart<'static>) -> Result<(), Problem> {
    let mut description = String::new();
    // The form has the description before the file, so that it is known when the upload begins.
    while let Some(field) = form.next_field().await? {
        match field.name() {
            Some("description") => description = field.text().await?,
            Some("picture") => {
                let name = field.file_name().unwrap_or_default().to_owned();
                if name.is_empty() {
                    break;
                }
                if field.content_type().is_none_or(|it| it.type_() != "image") {
                    return Err(Problem::of_user("That is no picture."));
                }
                // An error of the field fails the upload, so that half a picture is never stored as a whole one.
                let reader = StreamReader::new(field.map_err(io::Error::other));
                let upload = gallery
                    .client
                    .upload_file(UploadSource::reader(reader, None), name)
                    .folder(FOLDER)
                    .is_private_file(true)
                    .description(description);
                // It is there at once: only a video can be accepted first and stored later.
                let _ = upload.send().await?;
                return Ok(());
            }
            _ => {}
        }
    }
    Err(Problem::of_user("Choose a picture first."))
}

impl From<multer::Error> for Problem {
    fn from(error: multer::Error) -> Self {
        eprintln!("the form was refused: {error}");
        Self::of_user("The form did not arrive whole, or something in it is too long.")
    }
}

impl From<imagekit_client::Error> for Problem {
    fn from(error: imagekit_client::Error) -> Self {
        // The line holds the request id, and no secret.
        eprintln!("{error}");
        if error.is_source() {
            return Self::of_user("The picture did not arrive whole, or is larger than 25 MB.");
        }
        if error.is_bad_request() {
            let reason = error.api_message().unwrap_or("no reason given");
            return Self::of_user(format!("ImageKit refuses the picture: {reason}"));
        }
        Self {
            status: StatusCode::BAD_GATEWAY,
            text: "ImageKit cannot be reached. Try again in a moment.".to_owned(),
        }
    }
}
