//! Texts of the document as documentation that cannot become code.

/// A description as Markdown for rustdoc: code blocks without a language are marked as text, so that none of
/// them is compiled or run, and indented lines lose their indent outside of lists.
pub(crate) fn markdown(description: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut fence: Option<String> = None;
    let mut in_list = false;
    for line in description.trim().lines() {
        let trimmed = line.trim_start();
        let marker: String = trimmed
            .chars()
            .take_while(|c| matches!(c, '`' | '~'))
            .collect();
        if let Some(open) = &fence {
            if marker.starts_with(open.as_str()) && trimmed.len() == marker.len() {
                fence = None;
            }
            lines.push(line.to_owned());
            continue;
        }
        if marker.len() >= 3 {
            let language = trimmed[marker.len()..].trim();
            let is_inert = matches!(
                language,
                "text" | "json" | "yaml" | "console" | "http" | "html"
            );
            let language = if is_inert { language } else { "text" };
            lines.push(format!("{marker}{language}"));
            fence = Some(marker);
            continue;
        }
        in_list = trimmed.starts_with("- ")
            || trimmed.starts_with("* ")
            || in_list && !trimmed.is_empty();
        let indent = line.len() - trimmed.len();
        // Four spaces make a code block, which would be a test.
        let line = if indent >= 4 && !in_list {
            trimmed
        } else {
            line
        };
        lines.push(line.replace('\r', ""));
    }
    lines.join("\n")
}

/// A sentence with a verb in front of a description, which mostly begins with an article.
pub(crate) fn doc(verb: &str, description: &str) -> String {
    let description = markdown(description);
    let mut words = description.splitn(2, ' ');
    let first = words.next().unwrap_or_default();
    let rest = words.next().unwrap_or_default();
    let lowered = match first {
        "The" | "A" | "An" | "Whether" | "How" | "What" | "Which" | "Where" | "When" | "Who" => {
            first.to_lowercase()
        }
        "" => return format!("{verb} it."),
        _ => return format!("{verb} this: {description}"),
    };
    format!("{verb} {lowered} {rest}")
}

pub(crate) fn first_paragraph(text: &str) -> String {
    let paragraph = text.trim().split("\n\n").next().unwrap_or_default();
    paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
}
