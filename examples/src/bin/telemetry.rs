//! Shows calls as spans of OpenTelemetry, and their attempts as lines of a log.
//!
//! ```text
//! cargo run -p imagekit-examples --bin telemetry -- --demo
//! ```
//!
//! The spans are printed. To send them to a collector, take the exporter of `opentelemetry-otlp` in the place of that of
//! `opentelemetry-stdout`, and the batch exporter in the place of the simple one.

use std::error::Error;

use imagekit_client::Client;
use imagekit_examples::Account;
use imagekit_mock::Library;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let account = Account::from_args(Library::demo()).await?;
    let spans = SdkTracerProvider::builder()
        .with_resource(
            Resource::builder()
                .with_service_name("nightly-report")
                .build(),
        )
        .with_simple_exporter(opentelemetry_stdout::SpanExporter::default())
        .build();
    tracing_subscriber::registry()
        .with(tracing_opentelemetry::layer().with_tracer(spans.tracer("nightly-report")))
        .with(fmt::layer().with_writer(std::io::stderr))
        // A call is a span at INFO, and an attempt an event at DEBUG.
        .with(
            Targets::new()
                .with_default(LevelFilter::INFO)
                .with_target("imagekit_client", LevelFilter::DEBUG),
        )
        .init();

    account.misbehave("503,times=1")?;
    report(&account.client()?.build()?).await?;
    spans.shutdown()?;
    Ok(())
}

/// Calls within this are children of its span.
#[tracing::instrument(skip_all)]
async fn report(client: &Client) -> Result<(), imagekit_client::Error> {
    let assets = client.list_assets().limit(100).send().await?;
    tracing::info!(count = assets.len(), "the latest assets");
    Ok(())
}
