#![doc = include_str!("when_a_call_fails.md")]
