//! Works on many files: finds them, tags them in batches, and makes one call for each, many at a time.
//!
//! ```text
//! cargo run -p imagekit-examples --bin bulk -- --demo
//! ```
//!
//! Nothing here waits or counts for the rate limit: all calls of a client and its clones share what ImageKit says about it.

use std::error::Error;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use imagekit_client::types::Asset;
use imagekit_examples::Account;
use imagekit_mock::{File, Library};

/// Enough to be fast, and few enough for any account.
const AT_ONCE: usize = 16;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let account = Account::from_args(library()).await?;
    // A rate limit can make a call wait for longer than a minute, which is no failure here.
    let client = account
        .client()?
        .timeout(Duration::from_secs(600))
        .build()?;

    // One page is on its way while the one before it is read.
    let mut assets = client
        .list_assets()
        .path("/catalogue")
        .limit(100)
        .items()
        .concurrency(2);
    let mut ids = Vec::new();
    while let Some(asset) = assets.next().await {
        match asset {
            Ok(Asset::File(file)) => ids.push(file.file_id),
            Ok(_) => {}
            // One file that cannot be decoded is no reason to leave the others alone.
            Err(error) if error.is_decode() => eprintln!("{error}"),
            Err(error) => return Err(error.into()),
        }
    }
    println!("{} files found", ids.len());

    // As many requests as it takes, and an account of each file, whatever becomes of the requests.
    let outcome = client
        .add_tags_to_files(ids.clone(), ["autumn"])
        .in_batches()
        .send()
        .await;
    println!("Tagged: {outcome}, in {} requests", outcome.requests());
    for (id, error) in outcome.failed() {
        eprintln!("{id}: {error}");
    }

    // What has no bulk operation: one call for each file.
    let updates = outcome.succeeded().iter().map(|id| {
        let update = client
            .update_file_details(id.clone())
            .description("From the autumn catalogue");
        async move { (id, update.send().await) }
    });
    let mut updates = stream::iter(updates).buffer_unordered(AT_ONCE);
    let mut described = 0;
    while let Some((id, updated)) = updates.next().await {
        match updated {
            Ok(_) => described += 1,
            Err(error) => eprintln!("{id}: {error}"),
        }
    }
    println!("Described: {described}");
    Ok(())
}

/// The catalogue of the demo.
fn library() -> Library {
    (1..=120).fold(Library::new(), |library, number| {
        let file = File::new(format!("coat-{number}"));
        library.file(file.path(format!("/catalogue/coat-{number}.jpg")))
    })
}
