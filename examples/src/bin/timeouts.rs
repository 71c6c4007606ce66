//! Says how long calls may take, and what to do when they fail all the same.
//!
//! ```text
//! cargo run -p imagekit-examples --bin timeouts -- --demo
//! ```

use std::error::Error;
use std::time::Duration;

use imagekit_client::search::field;
use imagekit_client::types::Asset;
use imagekit_examples::Account;
use imagekit_mock::{File, Library};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let files =
        ["/coat.jpg", "/hat.jpg"].map(|path| File::new(path.replace(['/', '.'], "-")).path(path));
    let library = files.into_iter().fold(Library::new(), Library::file);
    let account = Account::from_args(library.folder("/archive")).await?;
    let client = account
        .client()?
        .connect_timeout(Duration::from_secs(3))
        .attempt_timeout(Duration::from_secs(10)) // one request with its response
        .timeout(Duration::from_secs(30)) // all attempts, and the pauses between them
        .max_retries(3)
        .build()?;

    // An outage that passes: what only reads is retried.
    account.misbehave("503,times=2")?;
    let files = client.list_assets().send_with_response().await?;
    println!(
        "Files: {}, after {} attempts",
        files.body().len(),
        files.attempts()
    );

    // A page that would rather go without than wait.
    account.misbehave("latency=60s,operation=getFileDetails")?;
    let Some(Ok(Asset::File(file))) = files.into_body().into_iter().next() else {
        return Err("there is no file in the root folder".into());
    };
    let hurried = client
        .get_file_details(file.file_id)
        .with_timeout(Duration::from_millis(250))
        .with_max_retries(0);
    match hurried.send().await {
        Ok(file) => println!("{}", file.name),
        Err(error) if error.is_timeout() => println!("Not now: {error}"),
        Err(error) => return Err(error.into()),
    }

    // A change that is not safe to repeat: nobody but you can know whether it has been made.
    account.misbehave("504,operation=copyFile,times=1")?;
    let name = field("name").equals(file.name.as_str())?;
    match client.copy_file(&file.file_path, "/archive").send().await {
        Ok(()) => println!("Copied"),
        Err(error) if error.may_have_been_performed() => {
            println!("Perhaps copied: {error}");
            let copy = client
                .list_assets()
                .path("/archive")
                .search_query(name)
                .send()
                .await?;
            println!("It is {}there", if copy.is_empty() { "not " } else { "" });
        }
        Err(error) if error.is_transient() => println!("Not copied, try again later: {error}"),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
