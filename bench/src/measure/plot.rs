//! The clients at a glance.

use std::fmt::Write as _;

use super::calls::{Calls, OURS};

const WIDTH: usize = 860;
const LABELS: usize = 230;
const BARS: usize = 520;
const ROW: usize = 22;
const HEADING: usize = 44;

/// What a bar shows.
type Value = fn(&Calls) -> f64;

const STYLE: &str = "\
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.bar { fill: #8c959f }
.ours { fill: #1a7f37 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .bar { fill: #6e7681 }
  .ours { fill: #3fb950 }
}";

/// Draws bars; shorter is better.
pub(super) fn svg(calls: &[Calls]) -> String {
    let panels: [(&str, Value); 4] = [
        ("Processor time a call, one at a time (µs)", |calls| {
            calls.micros_alone
        }),
        ("Processor time a call, 64 at once (µs)", |calls| {
            calls.micros_at_once
        }),
        ("Peak memory, 64 calls at once (MiB)", |calls| {
            calls.peak_at_once / 1024.0 / 1024.0
        }),
        ("Time to the first response (ms)", |calls| {
            calls.first_response_millis
        }),
    ];
    let height = panels.len() * (HEADING + calls.len() * ROW) + ROW;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"Bars of what each client takes; shorter is better\">\n<style>\n{STYLE}\n</style>\n"
    );
    let mut y = 0;
    for (title, value) in panels {
        y += HEADING;
        text(&mut svg, 0, y - 12, "title", "start", title);
        let longest = calls.iter().map(value).fold(f64::MIN_POSITIVE, f64::max);
        for calls in calls {
            let class = if calls.peer == OURS { "ours" } else { "bar" };
            let length = (value(calls) / longest * BARS as f64).max(1.0);
            text(&mut svg, LABELS - 8, y + 14, "label", "end", calls.peer);
            line(
                &mut svg,
                format_args!(
                    "<rect class=\"{class}\" x=\"{LABELS}\" y=\"{}\" width=\"{length:.1}\" height=\"14\" rx=\"2\"/>",
                    y + 3
                ),
            );
            let after = LABELS + length as usize + 8;
            text(
                &mut svg,
                after,
                y + 14,
                "value",
                "start",
                &shown(value(calls)),
            );
            y += ROW;
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn shown(value: f64) -> String {
    if value < 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

fn text(svg: &mut String, x: usize, y: usize, class: &str, anchor: &str, text: &str) {
    line(
        svg,
        format_args!(
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{text}</text>"
        ),
    );
}

fn line(svg: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = writeln!(svg, "{line}");
}
