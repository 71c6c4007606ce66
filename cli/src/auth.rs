//! Whether the private key and the base URL work.

use crate::Context;
use crate::config::Session;
use crate::exit::{Exit, Failure};
use crate::terminal::{GOOD, plain};

/// An id that no file has: who is told so has been let in.
const NOBODYS_ID: &str = "000000000000000000000000";

pub(crate) async fn check(mut context: Context) -> Result<Exit, Failure> {
    let session = Session::start(&mut context).await?;
    let base_url = session.client.base_url();
    let answer = session
        .client
        .get_file_version_details(NOBODYS_ID, NOBODYS_ID)
        .send_with_response()
        .await;
    let request_id = match answer {
        Ok(answer) => answer.request_id().map(str::to_owned),
        Err(error) if error.is_not_found() || error.is_bad_request() => {
            if error.api_message().is_none() {
                let message = format!("{base_url} does not answer as ImageKit does: {error}");
                return Err(
                    Failure::new(Exit::NotUnderstood, message).try_this("check the base URL")
                );
            }
            error.request_id().map(str::to_owned)
        }
        Err(error) => return Err(error.into()),
    };
    let good = context.output.paint(GOOD, "ok");
    let request_id =
        request_id.map_or_else(String::new, |id| format!(" (request id {})", plain(&id)));
    context.output.write(format!(
        "{good}: {base_url} accepts the private key from {}{request_id}\n",
        session.key_source
    ))?;
    Ok(Exit::Fine)
}
