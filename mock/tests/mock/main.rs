//! What a mock does, over real connections.

mod answers;
mod contract;
mod faults;
mod library;
mod program;
mod rate_limits;
mod requests;
mod wire;
