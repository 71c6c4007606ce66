//! What the programs of this package have in common: an account to talk to.

mod company_network;

use std::env;
use std::error::Error;

use imagekit_client::{Client, ClientBuilder};
use imagekit_mock::{Fault, Library, Server};

pub use company_network::CompanyNetwork;

/// An account of ImageKit, or of a fake that this program has started.
pub enum Account {
    /// The account of the environment.
    Real,
    /// The fake, which ends with the program.
    Fake(Server),
}

impl Account {
    /// Returns the account of the environment; or, if the program is called with `--demo`, one of a fake ImageKit with this
    /// library.
    ///
    /// # Errors
    ///
    /// If the fake cannot be started.
    pub async fn from_args(library: Library) -> Result<Self, Box<dyn Error>> {
        if env::args().any(|it| it == "--demo") {
            let fake = Server::builder().library(library).start().await?;
            return Ok(Self::Fake(fake));
        }
        Ok(Self::Real)
    }

    /// Returns a builder of a client of the account.
    ///
    /// # Errors
    ///
    /// If the environment does not say which account it is.
    pub fn client(&self) -> Result<ClientBuilder, imagekit_client::Error> {
        match self {
            Self::Real => ClientBuilder::from_env(),
            Self::Fake(fake) => Ok(Client::builder()
                .base_url(fake.url())
                .private_key(fake.private_key())),
        }
    }

    /// Has the fake misbehave, if it is one, so that there is something to see.
    ///
    /// # Errors
    ///
    /// If the fault is not written as the fake's own program takes it.
    pub fn misbehave(&self, fault: &str) -> Result<(), Box<dyn Error>> {
        if let Self::Fake(fake) = self {
            fake.add_fault(fault.parse::<Fault>()?)?;
        }
        Ok(())
    }
}
