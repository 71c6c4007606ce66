//! What an upload sends, and uploads of many files at once.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame};
use reqwest::multipart::{Form as HttpForm, Part};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::task::{self, JoinSet};
use tokio::time::Instant;

use crate::operations::{UploadFile, UploadFileResponse};
use crate::runtime::Error;

/// How much of a source is read at once, in bytes. It bounds the memory of an upload.
const CHUNK: usize = 64 * 1024;

/// The content of an upload: bytes, a file, a reader, or an address that ImageKit fetches.
///
/// There is no way from a plain text, which could be a path, an address or base64:
///
/// ```no_run
/// use imagekit_client::UploadSource;
///
/// # async fn example(client: imagekit_client::Client) -> Result<(), imagekit_client::Error> {
/// let response = client
///     .upload_file(UploadSource::open("coat.jpg").await?, "coat.jpg")
///     .folder("/products")
///     .on_progress(|sent, total| println!("{sent} of {total:?} bytes"))
///     .send()
///     .await?;
/// println!("{response:?}");
/// # Ok(())
/// # }
/// ```
///
/// An upload needs no more memory than a few chunks of 64 KiB, whatever its size. Bytes, files and addresses can be sent
/// again after a refused connection or a 429; a reader only if nothing of it was read.
#[derive(Clone)]
pub struct UploadSource(Source);

#[derive(Clone)]
enum Source {
    Bytes(Bytes),
    File {
        path: PathBuf,
        length: u64,
    },
    Reader {
        reader: OneShot,
        length: Option<u64>,
    },
    /// What ImageKit takes as a text: an address or base64.
    Text(String),
}

/// A reader that is read by one attempt.
type OneShot = Arc<Mutex<Option<Pin<Box<dyn AsyncRead + Send>>>>>;

impl UploadSource {
    /// Sends bytes.
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self(Source::Bytes(bytes.into()))
    }

    /// Sends a file. It is opened once now, to see that it can be read, and again by each attempt.
    ///
    /// # Errors
    ///
    /// If the file does not exist, cannot be read, or is a directory; the error names the path.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let fail = |error: io::Error| Error::source(format!("{}: {error}", path.display()));
        let file = tokio::fs::File::open(path).await.map_err(fail)?;
        let metadata = file.metadata().await.map_err(fail)?;
        if metadata.is_dir() {
            return Err(Error::source(format!(
                "{}: it is a directory",
                path.display()
            )));
        }
        Ok(Self(Source::File {
            path: path.to_owned(),
            length: metadata.len(),
        }))
    }

    /// Sends what a reader gives. With its length in bytes, if it is known, the request has a `Content-Length`, and a
    /// source that turns out shorter or longer is an error.
    pub fn reader(reader: impl AsyncRead + Send + 'static, length: impl Into<Option<u64>>) -> Self {
        let reader: Pin<Box<dyn AsyncRead + Send>> = Box::pin(reader);
        Self(Source::Reader {
            reader: Arc::new(Mutex::new(Some(reader))),
            length: length.into(),
        })
    }

    /// Has ImageKit fetch the content from an `http` or `https` address, within 8 s.
    pub fn url(url: impl Into<String>) -> Self {
        Self(Source::Text(url.into()))
    }

    /// Sends base64, plain or as a `data:` URI, which ImageKit decodes. The content itself is a third smaller.
    pub fn base64(text: impl Into<String>) -> Self {
        Self(Source::Text(text.into()))
    }

    /// Returns the length in bytes, if it is known.
    pub fn length(&self) -> Option<u64> {
        match &self.0 {
            Source::Bytes(bytes) => u64::try_from(bytes.len()).ok(),
            Source::File { length, .. } => Some(*length),
            Source::Reader { length, .. } => *length,
            Source::Text(_) => None,
        }
    }
}

impl From<Bytes> for UploadSource {
    fn from(bytes: Bytes) -> Self {
        Self::bytes(bytes)
    }
}

impl From<Vec<u8>> for UploadSource {
    fn from(bytes: Vec<u8>) -> Self {
        Self::bytes(bytes)
    }
}

impl fmt::Debug for UploadSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut source = f.debug_struct("UploadSource");
        match &self.0 {
            Source::Bytes(bytes) => source.field("bytes", &bytes.len()),
            Source::File { path, length } => source.field("path", path).field("bytes", length),
            Source::Reader { length, .. } => source.field("bytes", length),
            // It may be long, and hold a secret.
            Source::Text(_) => &mut source,
        };
        source.finish_non_exhaustive()
    }
}

/// Is told the bytes that are sent, and the length if it is known.
type Progress = Arc<dyn Fn(u64, Option<u64>) + Send + Sync>;

/// A form before it is sent.
#[derive(Clone, Default)]
pub(crate) struct Form {
    fields: Vec<(&'static str, String)>,
    file: Option<(&'static str, UploadSource)>,
    progress: Option<Progress>,
}

/// A form on its way: what to send, and how far it is.
pub(crate) struct Sending {
    pub(crate) form: HttpForm,
    pub(crate) watch: Arc<Watch>,
}

/// What an attempt and the stream of its body tell each other.
pub(crate) struct Watch {
    started: Instant,
    /// Milliseconds from the start to the last bytes that were taken.
    active: AtomicU64,
    failure: Mutex<Option<String>>,
}

impl Watch {
    /// Returns when bytes were taken last.
    pub(crate) fn last_activity(&self) -> Instant {
        self.started + std::time::Duration::from_millis(self.active.load(Ordering::Relaxed))
    }

    /// Returns why the source could not be read to its end.
    pub(crate) fn failure(&self) -> Option<String> {
        self.failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn touch(&self) {
        let millis = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.active.store(millis, Ordering::Relaxed);
    }

    fn fail(&self, reason: String) -> io::Error {
        let error = io::Error::other(reason.clone());
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
        error
    }
}

impl Form {
    pub(crate) fn set(&mut self, name: &'static str, text: String) {
        self.fields.retain(|(other, _)| *other != name);
        self.fields.push((name, text));
    }

    pub(crate) fn set_file(
        &mut self,
        name: &'static str,
        source: UploadSource,
    ) -> Result<(), String> {
        let is_empty = match &source.0 {
            Source::Text(text) => text.is_empty(),
            _ => source.length() == Some(0),
        };
        if is_empty {
            return Err(format!("{name}: the source is empty"));
        }
        self.file = Some((name, source));
        Ok(())
    }

    pub(crate) fn on_progress(&mut self, progress: Progress) {
        self.progress = Some(progress);
    }

    /// Returns the text of a field.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let (_, text) = self.fields.iter().find(|(other, _)| *other == name)?;
        Some(text)
    }

    /// Returns `true` if the source can be read once more.
    pub(crate) fn is_replayable(&self) -> bool {
        match &self.file {
            Some((_, UploadSource(Source::Reader { reader, .. }))) => reader
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .is_some(),
            _ => true,
        }
    }

    /// Opens the source and makes the form of one attempt.
    pub(crate) async fn open(&self) -> Result<Sending, String> {
        let watch = Arc::new(Watch {
            started: Instant::now(),
            active: AtomicU64::new(0),
            failure: Mutex::new(None),
        });
        let mut form = HttpForm::new();
        for (name, text) in &self.fields {
            form = form.text(*name, text.clone());
        }
        if let Some((name, source)) = &self.file {
            let file_name = self.text("fileName").unwrap_or("file").to_owned();
            let part = source.part(&watch, self.progress.clone()).await?;
            // The type of the part decides nothing; ImageKit looks at the content.
            let part = match source.0 {
                Source::Text(_) => part,
                _ => part.file_name(file_name),
            };
            form = form.part(*name, part);
        }
        Ok(Sending { form, watch })
    }
}

impl UploadSource {
    async fn part(&self, watch: &Arc<Watch>, progress: Option<Progress>) -> Result<Part, String> {
        let length = self.length();
        let content = match &self.0 {
            Source::Text(text) => return Ok(Part::text(text.clone())),
            Source::Bytes(bytes) => Content::Bytes(bytes.clone()),
            Source::File { path, .. } => {
                let file = tokio::fs::File::open(path).await;
                let file = file.map_err(|error| format!("{}: {error}", path.display()))?;
                Content::Reader(Mutex::new(Box::pin(file)))
            }
            Source::Reader { reader, length } => {
                if length.is_none() {
                    refuse_empty(reader).await?;
                }
                Content::OneShot(reader.clone())
            }
        };
        let chunks = Chunks {
            content,
            buffer: BytesMut::new(),
            sent: 0,
            length,
            progress,
            watch: watch.clone(),
            is_over: false,
        };
        let body = reqwest::Body::wrap(chunks);
        Ok(match length {
            Some(length) => Part::stream_with_length(body, length),
            None => Part::stream(body),
        })
    }
}

/// Looks at the first bytes of a reader whose length nobody knows, and puts them back.
async fn refuse_empty(reader: &OneShot) -> Result<(), String> {
    let taken = reader.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(mut taken) = taken else {
        return Err("the reader has been read before".to_owned());
    };
    let mut first = vec![0; CHUNK];
    let count = taken
        .read(&mut first)
        .await
        .map_err(|error| error.to_string())?;
    if count == 0 {
        return Err("the source is empty".to_owned());
    }
    first.truncate(count);
    let whole: Pin<Box<dyn AsyncRead + Send>> = Box::pin(io::Cursor::new(first).chain(taken));
    *reader.lock().unwrap_or_else(PoisonError::into_inner) = Some(whole);
    Ok(())
}

enum Content {
    Bytes(Bytes),
    /// A lock that nobody waits for: a body has to be `Sync`, and a reader need not be.
    Reader(Mutex<Pin<Box<dyn AsyncRead + Send>>>),
    /// A reader that is taken when the first bytes are asked for.
    OneShot(OneShot),
}

/// The chunks of a source, counted.
struct Chunks {
    content: Content,
    buffer: BytesMut,
    sent: u64,
    length: Option<u64>,
    progress: Option<Progress>,
    watch: Arc<Watch>,
    is_over: bool,
}

impl Chunks {
    fn read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        if let Content::OneShot(reader) = &self.content {
            let taken = reader.lock().unwrap_or_else(PoisonError::into_inner).take();
            match taken {
                Some(reader) => self.content = Content::Reader(Mutex::new(reader)),
                None => return Poll::Ready(Err(io::Error::other("it has been read before"))),
            }
        }
        match &mut self.content {
            Content::Bytes(bytes) => {
                let length = bytes.len().min(CHUNK);
                Poll::Ready(Ok(bytes.split_to(length)))
            }
            Content::Reader(reader) => {
                self.buffer.reserve(CHUNK);
                let reader = reader.get_mut().unwrap_or_else(PoisonError::into_inner);
                ready!(pin!(reader.read_buf(&mut self.buffer)).poll(context))?;
                Poll::Ready(Ok(self.buffer.split().freeze()))
            }
            Content::OneShot(_) => Poll::Pending,
        }
    }
}

impl Body for Chunks {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let chunk = match ready!(self.read(context)) {
            Ok(chunk) => chunk,
            Err(error) => {
                self.is_over = true;
                let reason = format!("the source failed after {} bytes: {error}", self.sent);
                return Poll::Ready(Some(Err(self.watch.fail(reason))));
            }
        };
        let count = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        let after = self.sent + count;
        let unfit = match self.length {
            Some(length) if count == 0 && after < length => Some(format!(
                "the source ended after {after} bytes, and not after {length}"
            )),
            Some(length) if after > length => Some(format!(
                "the source is longer than the {length} bytes that were announced"
            )),
            _ => None,
        };
        if let Some(reason) = unfit {
            self.is_over = true;
            return Poll::Ready(Some(Err(self.watch.fail(reason))));
        }
        self.watch.touch();
        if count == 0 {
            self.is_over = true;
            return Poll::Ready(None);
        }
        self.sent = after;
        if let Some(progress) = &self.progress {
            progress(self.sent, self.length);
        }
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }
}

/// Sends many uploads, some of them at a time.
///
/// ```no_run
/// use imagekit_client::{UploadSource, upload_all};
///
/// # async fn example(client: imagekit_client::Client) -> Result<(), imagekit_client::Error> {
/// let mut uploads = Vec::new();
/// for name in ["one.jpg", "two.jpg"] {
///     uploads.push(client.upload_file(UploadSource::open(name).await?, name));
/// }
/// let mut outcomes = upload_all(uploads, 4);
/// while let Some(outcome) = outcomes.next().await {
///     match outcome.result {
///         Ok(response) => println!("{}: {response:?}", outcome.index),
///         // `outcome.upload` can be sent again alone.
///         Err(error) => eprintln!("{}: {error}", outcome.index),
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// All of them share the rate limit of their client. Dropping what this returns cancels what is under way.
pub fn upload_all(uploads: impl IntoIterator<Item = UploadFile>, at_once: usize) -> Uploads {
    Uploads {
        waiting: uploads.into_iter().enumerate().collect(),
        running: JoinSet::new(),
        under_way: HashMap::new(),
        at_once: at_once.max(1),
    }
}

/// Uploads that are under way; see [`upload_all`].
#[must_use = "uploads are sent by `next`"]
pub struct Uploads {
    waiting: VecDeque<(usize, UploadFile)>,
    running: JoinSet<Result<UploadFileResponse, Error>>,
    under_way: HashMap<task::Id, (usize, UploadFile)>,
    at_once: usize,
}

/// What became of one upload of many.
#[derive(Debug)]
#[non_exhaustive]
pub struct UploadOutcome {
    /// The place of the upload among those that were given, counted from zero.
    pub index: usize,
    /// The upload, to be sent again if it failed.
    pub upload: UploadFile,
    /// What the upload returned.
    pub result: Result<UploadFileResponse, Error>,
}

impl Uploads {
    /// Returns the next outcome, in the order in which the uploads end; `None` after the last one.
    pub async fn next(&mut self) -> Option<UploadOutcome> {
        loop {
            while self.running.len() < self.at_once
                && let Some((index, upload)) = self.waiting.pop_front()
            {
                let call = upload.clone();
                let task = self.running.spawn(async move { call.send().await });
                self.under_way.insert(task.id(), (index, upload));
            }
            let (id, result) = match self.running.join_next_with_id().await? {
                Ok(done) => done,
                // A task ends without a result only if it panics or its runtime ends; its upload is not lost.
                Err(error) => (error.id(), Err(Error::task(error))),
            };
            if let Some((index, upload)) = self.under_way.remove(&id) {
                return Some(UploadOutcome {
                    index,
                    upload,
                    result,
                });
            }
        }
    }
}

impl fmt::Debug for Uploads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Uploads")
            .field("waiting", &self.waiting.len())
            .field("running", &self.running.len())
            .finish_non_exhaustive()
    }
}
