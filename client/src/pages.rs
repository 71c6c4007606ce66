//! Lists that come page by page.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;

use serde::de::DeserializeOwned;

use crate::runtime::{Error, List, Request, Response};

/// Each page that is under way is a request and memory at once.
const MOST_AT_ONCE: usize = 64;

type Fetch<T> = Pin<Box<dyn Future<Output = Result<Response<List<T>>, Error>> + Send>>;

/// The pages of a list, fetched one after the other, or several at once.
///
/// ```no_run
/// # async fn example(client: imagekit_client::Client) -> Result<(), imagekit_client::Error> {
/// let mut pages = client.list_assets().path("/products").limit(100).pages();
/// while let Some(page) = pages.next().await {
///     println!("{} assets", page?.len());
/// }
/// # Ok(())
/// # }
/// ```
///
/// A list ends at a page that is shorter than the limit. After an error, [`next`](Self::next) fetches the same page
/// again. ImageKit has no cursor: if assets are added or deleted meanwhile, pages can shift; a list sorted by
/// creation, oldest first, is disturbed least.
#[must_use = "pages are fetched by `next`"]
pub struct Pages<T> {
    request: Box<Request>,
    offset_name: &'static str,
    limit_name: &'static str,
    /// Offset of the next page that is handed out.
    offset: u64,
    /// Offset of the next page that is asked for.
    ahead: u64,
    limit: u64,
    concurrency: usize,
    under_way: VecDeque<Fetch<T>>,
    is_over: bool,
}

/// The items of a list, whose pages are fetched as they are needed.
///
/// ```no_run
/// use imagekit_client::types::Asset;
///
/// # async fn example(client: imagekit_client::Client) -> Result<(), imagekit_client::Error> {
/// let mut assets = client.list_assets().path("/products").items();
/// while let Some(asset) = assets.next().await {
///     if let Asset::File(file) = asset? {
///         println!("{}", file.file_path);
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// An item that cannot be decoded is one error, and the next ones follow. An error about a page is told apart by
/// [`Error::is_decode`], which is then `false`, and `next` fetches the page again.
#[must_use = "items are fetched by `next`"]
pub struct Items<T> {
    pages: Pages<T>,
    page: std::vec::IntoIter<Result<T, Error>>,
}

impl<T: DeserializeOwned + Send + 'static> Pages<T> {
    pub(crate) fn new(
        request: Box<Request>,
        offset_name: &'static str,
        limit_name: &'static str,
        longest: u64,
    ) -> Self {
        let set = |name| request.query_value(name).and_then(|it| it.parse().ok());
        let offset = set(offset_name).unwrap_or(0);
        Self {
            limit: set(limit_name).unwrap_or(longest).max(1),
            offset,
            ahead: offset,
            request,
            offset_name,
            limit_name,
            concurrency: 1,
            under_way: VecDeque::new(),
            is_over: false,
        }
    }

    /// Sets how many pages are fetched at once, from 1 to 64. Default: 1.
    ///
    /// They are still handed out in order. At the end of the list, up to this many requests find nothing.
    pub fn concurrency(mut self, pages: usize) -> Self {
        self.concurrency = pages.clamp(1, MOST_AT_ONCE);
        self
    }

    /// Returns how many items lie before the next page: where to go on after an interruption, by setting it as the
    /// offset of another list.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns the next page; `None` after the last one.
    ///
    /// Dropping the future before it is ready loses nothing: the page is fetched again.
    pub async fn next(&mut self) -> Option<Result<List<T>, Error>> {
        let page = self.next_with_response().await?;
        Some(page.map(Response::into_body))
    }

    /// Returns the next page with its status, headers and raw body; `None` after the last one.
    pub async fn next_with_response(&mut self) -> Option<Result<Response<List<T>>, Error>> {
        if self.is_over {
            return None;
        }
        while self.under_way.len() < self.concurrency {
            let fetch = self.fetch(self.ahead);
            self.under_way.push_back(fetch);
            self.ahead = self.ahead.saturating_add(self.limit);
        }
        let result = InOrder(&mut self.under_way).await;
        match result {
            Ok(page) => {
                let length = u64::try_from(page.body().len()).unwrap_or(u64::MAX);
                self.offset = self.offset.saturating_add(length);
                self.is_over = length < self.limit;
                if length > self.limit {
                    // A server that ignores the limit: what comes next begins after what came.
                    self.restart();
                }
                if self.is_over {
                    self.under_way.clear();
                }
                if length == 0 {
                    return None;
                }
                Some(Ok(page))
            }
            Err(error) => {
                self.restart();
                Some(Err(error))
            }
        }
    }

    /// Returns the items of all pages.
    pub fn into_items(self) -> Items<T> {
        Items {
            pages: self,
            page: Vec::new().into_iter(),
        }
    }

    fn restart(&mut self) {
        self.under_way.clear();
        self.ahead = self.offset;
    }

    fn fetch(&self, offset: u64) -> Fetch<T> {
        let mut request = self.request.clone();
        request.replace_query(self.offset_name, offset);
        request.replace_query(self.limit_name, self.limit);
        let concurrent = self.concurrency > 1;
        let fetch = async move { request.execute().await?.decode_list() };
        if concurrent {
            // In a task of its own, a page is on its way while the one before it is read.
            let task = AbortOnDrop(tokio::spawn(fetch));
            Box::pin(task)
        } else {
            Box::pin(fetch)
        }
    }
}

/// A task that ends when nobody waits for it any more.
struct AbortOnDrop<T>(tokio::task::JoinHandle<T>);

impl<T> Future for AbortOnDrop<Result<T, Error>> {
    type Output = Result<T, Error>;

    fn poll(
        mut self: Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Self::Output> {
        Pin::new(&mut self.0)
            .poll(context)
            .map(|joined| match joined {
                Ok(result) => result,
                Err(error) => Err(Error::task(error)),
            })
    }
}

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Waits for the first page that is under way, and takes it out once it is there.
struct InOrder<'a, T>(&'a mut VecDeque<Fetch<T>>);

impl<T> Future for InOrder<'_, T> {
    type Output = Result<Response<List<T>>, Error>;

    fn poll(
        mut self: Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Self::Output> {
        let Some(first) = self.0.front_mut() else {
            return std::task::Poll::Pending;
        };
        let result = std::task::ready!(first.as_mut().poll(context));
        self.0.pop_front();
        std::task::Poll::Ready(result)
    }
}

impl<T: DeserializeOwned + Send + 'static> Items<T> {
    /// Sets how many pages are fetched at once, from 1 to 64. Default: 1.
    pub fn concurrency(mut self, pages: usize) -> Self {
        self.pages = self.pages.concurrency(pages);
        self
    }

    /// Returns how many items lie before the next one: where to go on after an interruption.
    pub fn offset(&self) -> u64 {
        let waiting = u64::try_from(self.page.len()).unwrap_or_default();
        self.pages.offset().saturating_sub(waiting)
    }

    /// Returns the next item; `None` after the last one.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        loop {
            if let Some(item) = self.page.next() {
                return Some(item);
            }
            match self.pages.next().await? {
                Ok(page) => self.page = page.into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// Collects all items that are left.
    ///
    /// # Errors
    ///
    /// The first error, of a page or of an item.
    pub async fn collect(mut self) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        while let Some(item) = self.next().await {
            all.push(item?);
        }
        Ok(all)
    }

    /// Returns the items as a stream.
    #[cfg(feature = "stream")]
    pub fn into_stream(self) -> impl futures_core::Stream<Item = Result<T, Error>> + Send {
        ItemStream {
            state: Box::pin(next_with(self)),
        }
    }
}

#[cfg(feature = "stream")]
async fn next_with<T: DeserializeOwned + Send + 'static>(
    mut items: Items<T>,
) -> (Items<T>, Option<Result<T, Error>>) {
    let item = items.next().await;
    (items, item)
}

#[cfg(feature = "stream")]
struct ItemStream<T> {
    state: NextItem<T>,
}

#[cfg(feature = "stream")]
type NextItem<T> = Pin<Box<dyn Future<Output = (Items<T>, Option<Result<T, Error>>)> + Send>>;

#[cfg(feature = "stream")]
impl<T: DeserializeOwned + Send + 'static> futures_core::Stream for ItemStream<T> {
    type Item = Result<T, Error>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        let (items, item) = std::task::ready!(self.state.as_mut().poll(context));
        self.state = Box::pin(next_with(items));
        std::task::Poll::Ready(item)
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("request", &self.request)
            .field("offset", &self.offset)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Items").field(&self.pages).finish()
    }
}
