//! Path templates such as `/v1/files/{fileId}/details`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Everything but RFC 3986's unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// One segment of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment<'a> {
    /// Stands in the path as it is.
    Fixed(&'a str),
    /// Holds the value of the parameter of this name. It is never a part of a segment.
    Variable(&'a str),
}

/// Returns the segments of a template.
pub fn segments(template: &str) -> impl Iterator<Item = Segment<'_>> {
    let segments = template.strip_prefix('/').unwrap_or(template).split('/');
    segments.map(|segment| {
        let name = segment
            .strip_prefix('{')
            .and_then(|it| it.strip_suffix('}'));
        name.map_or(Segment::Fixed(segment), Segment::Variable)
    })
}

/// Returns a template without the names of its parameters, `/v1/files/{}/details`: two templates that match the
/// same paths have this in common.
#[must_use]
pub fn nameless(template: &str) -> String {
    let segments = segments(template).map(|segment| match segment {
        Segment::Fixed(text) => text,
        Segment::Variable(_) => "{}",
    });
    segments.fold(String::new(), |path, segment| path + "/" + segment)
}

/// Returns the parameters of a request's path, decoded, if it matches a template. A parameter is never empty;
/// what is not UTF-8 in it is replaced.
#[must_use]
pub fn parameters<'a>(template: &'a str, path: &str) -> Option<Vec<(&'a str, String)>> {
    let mut given = path.strip_prefix('/')?.split('/');
    let mut found = Vec::new();
    for segment in segments(template) {
        let given = percent_decode_str(given.next()?).decode_utf8_lossy();
        match segment {
            Segment::Fixed(text) if text == given => {}
            Segment::Variable(name) if !given.is_empty() => found.push((name, given.into_owned())),
            _ => return None,
        }
    }
    given.next().is_none().then_some(found)
}

/// Returns which of several templates a request's path means, with its parameters: the one that is fixed where
/// others are variable, from left to right.
pub fn best<'a, T>(
    templates: impl IntoIterator<Item = (&'a str, T)>,
    path: &str,
) -> Option<(T, Vec<(&'a str, String)>)> {
    let matching = templates.into_iter().filter_map(|(template, item)| {
        parameters(template, path).map(|parameters| (template, item, parameters))
    });
    let is_variable = |segment| matches!(segment, Segment::Variable(_));
    let best = matching.min_by_key(|(template, ..)| {
        let variable: Vec<_> = segments(template).map(is_variable).collect();
        variable
    });
    best.map(|(_, item, parameters)| (item, parameters))
}

/// Returns the path of a template with its parameters filled in and encoded, each as one segment; `None` if
/// `value` has none for a parameter.
pub fn expand<V: AsRef<str>>(
    template: &str,
    mut value: impl FnMut(&str) -> Option<V>,
) -> Option<String> {
    let mut path = String::new();
    for segment in segments(template) {
        path.push('/');
        match segment {
            Segment::Fixed(text) => path.push_str(text),
            Segment::Variable(name) => path.push_str(&encode(value(name)?.as_ref())),
        }
    }
    Some(path)
}

/// Returns a text encoded as one segment of a path.
#[must_use]
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_come_decoded_and_only_from_whole_paths() {
        let template = "/v1/files/{fileId}/versions/{versionId}";
        let found = parameters(template, "/v1/files/a%2Fb/versions/%C3%BC").unwrap();
        assert_eq!(
            found,
            [("fileId", "a/b".to_owned()), ("versionId", "ü".to_owned())]
        );
        for other in [
            "/v1/files/a/versions",
            "/v1/files/a/versions/",
            "/v1/files//versions/b",
            "/v1/files/a/versions/b/c",
            "v1/files/a/versions/b",
            "/v1/files/a/version/b",
        ] {
            assert_eq!(parameters(template, other), None, "{other}");
        }
    }

    #[test]
    fn a_fixed_segment_wins_over_a_variable_one() {
        let templates = [
            "/v1/files/{fileId}",
            "/v1/files/purge",
            "/{any}/files/purge",
        ];
        let best = |path| best(templates.map(|it| (it, it)), path).map(|(template, _)| template);
        assert_eq!(best("/v1/files/purge"), Some("/v1/files/purge"));
        assert_eq!(best("/v1/files/other"), Some("/v1/files/{fileId}"));
        assert_eq!(best("/v2/files/purge"), Some("/{any}/files/purge"));
        assert_eq!(best("/v2/files"), None);
    }

    #[test]
    fn a_template_expands_to_what_it_matches() {
        let template = "/v1/bulkJobs/{jobId}";
        let path = expand(template, |_| Some("a/b c?%~")).unwrap();
        assert_eq!(path, "/v1/bulkJobs/a%2Fb%20c%3F%25~");
        assert_eq!(nameless(template), "/v1/bulkJobs/{}");
        let back = parameters(template, &path).unwrap();
        assert_eq!(back, [("jobId", "a/b c?%~".to_owned())]);
        assert_eq!(expand(template, |_| None::<&str>), None);
    }
}
