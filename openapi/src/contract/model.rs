//! What the tables are made of. Every text is as the document has it; descriptions are Markdown.

use crate::path::{self, Segment};

/// One operation of the API.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Operation {
    /// The id, such as `getFileDetails`.
    pub id: &'static str,
    /// The id as a command, such as `get-file-details`.
    pub command: &'static str,
    /// The group that it belongs to, such as `Files`.
    pub tag: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// What there is to know about it.
    pub description: &'static str,
    /// The method, such as `GET`.
    pub method: &'static str,
    /// The template of its path, such as `/v1/files/{fileId}/details`.
    pub path: &'static str,
    /// The server, if it is not [`SERVER`](crate::SERVER).
    pub server: Option<&'static str>,
    /// The names of what must be given, in the order of arguments: of the path first, then of query or body.
    pub arguments: &'static [&'static str],
    /// What stands in path, query and headers.
    pub parameters: &'static [Field],
    /// What is sent with it.
    pub body: Option<Body>,
    /// The responses, in the order of the document.
    pub responses: &'static [Response],
    /// Whether sending it twice has the effect of sending it once, so that it may be retried.
    pub idempotent: bool,
    /// The fields of a form, with their texts, that make a request idempotent which is not otherwise.
    pub idempotent_if: &'static [(&'static str, &'static str)],
    /// Whether ImageKit calls it beta.
    pub beta: bool,
    /// Whether ImageKit advises against it.
    pub deprecated: bool,
    /// How to get the next page, if it returns a list in pages.
    pub pages: Option<Pages>,
    /// How to follow the job that it starts, if it starts one.
    pub job: Option<Job>,
    /// How to read the state of a job, if it returns one.
    pub job_state: Option<JobState>,
    /// How many items it takes at once, if it works on many.
    pub batches: Option<Batches>,
}

/// The body of a request.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Body {
    /// The media type, such as `application/json`.
    pub media_type: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// The component that describes it.
    pub component: Option<&'static str>,
    /// The properties of that component, or the parts of a form. Empty if it is not one object.
    pub properties: &'static [Field],
    /// Examples.
    pub examples: &'static [Example],
}

/// A response of an operation.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Response {
    /// The status, or a class of them: `200`, `404`, `4XX`.
    pub status: &'static str,
    /// What it means.
    pub description: &'static str,
    /// The component that describes its body. `None` if it has no body that means anything.
    pub component: Option<&'static str>,
    /// Whether the body is an array of the component.
    pub list: bool,
    /// Examples.
    pub examples: &'static [Example],
}

/// Where an example is.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Example {
    /// Its name at this place, such as `documented`.
    pub name: &'static str,
    /// What it shows.
    pub summary: &'static str,
    /// The name of its file, for [`example`](crate::example).
    pub file: &'static str,
}

/// A parameter of an operation, or a property of a component.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Field {
    /// The name on the wire, such as `fileId`.
    pub name: &'static str,
    /// The name for people, such as `File id`.
    pub label: &'static str,
    /// What it means.
    pub description: &'static str,
    /// Where it stands.
    pub place: Place,
    /// Whether it must be there.
    pub required: bool,
    /// Whether it can be null.
    pub nullable: bool,
    /// Whether it must not be shown.
    pub secret: bool,
    /// Whether nothing else may be sent with it.
    pub alone: bool,
    /// Whether ImageKit advises against it.
    pub deprecated: bool,
    /// The type of the value.
    pub ty: Type,
    /// The format of a text, such as `date-time`, `binary`, or `comma-separated` for the text form of a list.
    pub format: Option<&'static str>,
    /// The component of the value, or of its items.
    pub component: Option<&'static str>,
    /// The unit of a number, such as `pixels`.
    pub unit: Option<&'static str>,
    /// The known values. There may be others if the set is [open](Self::open).
    pub values: &'static [Choice],
    /// Whether values that are not listed are allowed.
    pub open: bool,
    /// What applies if it is absent, as JSON.
    pub default: Option<&'static str>,
    /// An example, as JSON.
    pub example: Option<&'static str>,
    /// Its JSON Schema, without texts. References lead to the `$id` of the schemas of components.
    pub schema: &'static str,
}

/// Where a field stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Place {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// In the headers.
    Header,
    /// In a JSON object or a form.
    Body,
}

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Type {
    /// A text.
    String,
    /// An integer.
    Integer,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A list of such values.
    Array(&'static Type),
    /// An object.
    Object,
    /// Any JSON.
    Any,
}

/// One value of an enum.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Choice {
    /// The value.
    pub value: &'static str,
    /// What it means; may be empty.
    pub description: &'static str,
}

/// A named schema of the document.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Component {
    /// The name, such as `File`.
    pub name: &'static str,
    /// What it is.
    pub description: &'static str,
    /// The type of the value. For a union: an object.
    pub ty: Type,
    /// The properties, if it is an object with known ones, in the order of the document.
    pub properties: &'static [Field],
    /// The known values, if it is an enum.
    pub values: &'static [Choice],
    /// How to tell the variants, if it is a union.
    pub discriminator: Option<Discriminator>,
}

/// How to tell the variants of a union.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Discriminator {
    /// The property that decides.
    pub property: &'static str,
    /// Its values, and the component that each of them means.
    pub mapping: &'static [(&'static str, &'static str)],
}

/// How a list is paged.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Pages {
    /// The parameter that says how many items to skip.
    pub offset: &'static str,
    /// The parameter that says how many items a page has.
    pub limit: &'static str,
}

/// How to follow a job.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Job {
    /// The operation that returns its state.
    pub operation: &'static str,
    /// The property of the response with the id of the job.
    pub id: &'static str,
}

/// How to read the state of a job.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct JobState {
    /// The property of the response that has it.
    pub property: &'static str,
    /// The values of a job that has ended.
    pub done: &'static [&'static str],
}

/// How many items an operation takes at once.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Batches {
    /// The property with the items.
    pub ids: &'static str,
    /// The most items of one request.
    pub size: usize,
}

/// What ImageKit sends to a server of yours.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Webhook {
    /// The name, such as `event`.
    pub name: &'static str,
    /// What it is, in one line.
    pub summary: &'static str,
    /// What there is to know about it.
    pub description: &'static str,
    /// The component that describes its body.
    pub component: Option<&'static str>,
    /// Examples.
    pub examples: &'static [Example],
}

impl Operation {
    /// Returns the segments of the path.
    pub fn segments(&self) -> impl Iterator<Item = Segment<'static>> {
        path::segments(self.path)
    }

    /// Returns the path with these parameters, in their order and encoded; `None` if there are too few.
    #[must_use]
    pub fn path_with(&self, parameters: &[&str]) -> Option<String> {
        let mut parameters = parameters.iter();
        path::expand(self.path, |_| parameters.next())
    }

    /// Returns the parameters of the path, the query or the headers.
    pub fn parameters_in(&self, place: Place) -> impl Iterator<Item = &'static Field> {
        self.parameters.iter().filter(move |it| it.place == place)
    }

    /// Returns all fields of a request: parameters, then properties of the body.
    pub fn fields(&self) -> impl Iterator<Item = &'static Field> {
        let properties = self.body.as_ref().map_or(&[][..], |body| body.properties);
        self.parameters.iter().chain(properties)
    }

    /// Returns what a status means: the response with that very status, else the one of its class.
    #[must_use]
    pub fn response(&self, status: u16) -> Option<&'static Response> {
        let [exact, class] = [status.to_string(), format!("{}XX", status / 100)];
        let of = |text: &str| self.responses.iter().find(|it| it.status == text);
        of(&exact).or_else(|| of(&class))
    }

    /// Returns the lowest listed response of success.
    #[must_use]
    pub fn success(&self) -> Option<&'static Response> {
        let successes = self
            .responses
            .iter()
            .filter(|it| it.status.starts_with('2'));
        successes.min_by_key(|it| it.status)
    }
}

impl Response {
    /// Returns the status as a number; for a class, its first.
    #[must_use]
    pub fn status_code(&self) -> u16 {
        self.status.replace("XX", "00").parse().unwrap_or_default()
    }
}

impl Component {
    /// Returns a property by name.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&'static Field> {
        self.properties.iter().find(|it| it.name == name)
    }

    /// Returns the component that a tag of this union means.
    #[must_use]
    pub fn variant(&self, tag: &str) -> Option<&'static Component> {
        let mapping = self.discriminator.as_ref()?.mapping;
        let (_, name) = mapping.iter().find(|(known, _)| *known == tag)?;
        crate::component(name)
    }
}

/// The tables name only what differs from these.
impl Operation {
    pub(super) const NEW: Self = Self {
        id: "",
        command: "",
        tag: "",
        summary: "",
        description: "",
        method: "",
        path: "",
        server: None,
        arguments: &[],
        parameters: &[],
        body: None,
        responses: &[],
        idempotent: false,
        idempotent_if: &[],
        beta: false,
        deprecated: false,
        pages: None,
        job: None,
        job_state: None,
        batches: None,
    };
}

impl Field {
    pub(super) const NEW: Self = Self {
        name: "",
        label: "",
        description: "",
        place: Place::Body,
        required: false,
        nullable: false,
        secret: false,
        alone: false,
        deprecated: false,
        ty: Type::Any,
        format: None,
        component: None,
        unit: None,
        values: &[],
        open: false,
        default: None,
        example: None,
        schema: "{}",
    };
}

impl Component {
    pub(super) const NEW: Self = Self {
        name: "",
        description: "",
        ty: Type::Any,
        properties: &[],
        values: &[],
        discriminator: None,
    };
}
