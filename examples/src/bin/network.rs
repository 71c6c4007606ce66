//! Reaches ImageKit through a proxy that has a certificate authority of its own.
//!
//! ```text
//! cargo run -p imagekit-examples --bin network -- --demo
//! ```
//!
//! Often, nothing of this is needed: the client goes through the proxy that `HTTPS_PROXY` names, and trusts the authorities
//! that the operating system trusts (on Linux, also those in `SSL_CERT_FILE`). What is done here is for programs that get
//! both from elsewhere: this one from `COMPANY_PROXY` and from `COMPANY_CA`, a file in PEM.

use std::env;
use std::error::Error;
use std::fs;
use std::time::Duration;

use imagekit_examples::{Account, CompanyNetwork};
use imagekit_mock::Library;
use reqwest::{Certificate, Proxy, redirect};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let account = Account::from_args(Library::demo()).await?;
    let mut builder = account.client()?;
    let mut network = None;
    let (proxy, authority) = match &account {
        Account::Real => (
            env::var("COMPANY_PROXY")?,
            fs::read(env::var("COMPANY_CA")?)?,
        ),
        Account::Fake(fake) => {
            let started = CompanyNetwork::start(fake.url().trim_start_matches("http://")).await?;
            let network = network.insert(started);
            builder = builder.base_url(network.base_url());
            (network.proxy().to_owned(), network.authority().into())
        }
    };

    // What the client would set itself, and what it cannot know.
    let http = reqwest::Client::builder()
        .redirect(redirect::Policy::none())
        .http1_only()
        .connect_timeout(Duration::from_secs(5))
        .proxy(Proxy::all(&proxy)?)
        .tls_certs_merge(Certificate::from_pem_bundle(&authority)?)
        .build()?;
    let client = builder.http_client(http).build()?;

    let files = client.list_assets().items().collect().await?;
    println!("{} files, through {proxy}", files.len());
    Ok(())
}
