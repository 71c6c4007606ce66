use chrono::{NaiveDate, TimeDelta};

use super::Context;
use crate::reply::{Outcome, Reply};
use crate::request::Request;

pub(super) fn get(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let (start, end) = period(request)?;
    Ok(Reply::ok(&context.library.usage(start, end)))
}

pub(super) fn get_analytics(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let (start, end) = period(request)?;
    Ok(Reply::ok(&context.library.usage_analytics(start, end)))
}

fn period(request: &Request<'_>) -> Result<(NaiveDate, NaiveDate), Reply> {
    let day = |name: &str| {
        let text = request
            .query(name)
            .ok_or_else(|| Reply::bad_request("startDate and endDate are required."))?;
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d");
        day.map_err(|_| Reply::bad_request(format!("{name} should be in YYYY-MM-DD format.")))
    };
    let (start, end) = (day("startDate")?, day("endDate")?);
    if start >= end {
        return Err(Reply::bad_request("startDate should be before endDate."));
    }
    if end - start >= TimeDelta::days(90) {
        return Err(Reply::bad_request(
            "startDate and endDate should be within 90 days.",
        ));
    }
    Ok((start, end))
}
