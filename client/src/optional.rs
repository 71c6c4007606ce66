use crate::Error;

/// Turns "not found" into `None`.
pub trait OptionalExt<T> {
    /// Returns `Ok(None)` if ImageKit responded with 404, and everything else as it is.
    ///
    /// ```no_run
    /// use imagekit_client::OptionalExt as _;
    ///
    /// # async fn example(client: imagekit_client::Client) -> Result<(), imagekit_client::Error> {
    /// let version = client
    ///     .get_file_version_details("598821f949c0a938d57563bd", "697821f849c0a938d57563ce")
    ///     .send()
    ///     .await
    ///     .optional()?;
    /// if version.is_none() {
    ///     println!("there is no such version");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Every error but a 404.
    fn optional(self) -> Result<Option<T>, Error>;
}

impl<T> OptionalExt<T> for Result<T, Error> {
    fn optional(self) -> Result<Option<T>, Error> {
        match self {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}
