//! What users rely on, proven through the public interface.

mod failures;
mod models;
mod readme;
mod retries;
mod wire;
