//! The one template from which all operations are printed.

use std::fmt::Write as _;

use heck::ToUpperCamelCase as _;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use super::operation::{Body, Encoding, Kind, Operation, Param, Place, Success};
use super::text;
use super::types::{self, Place as TypePlace};
use crate::document::Document;

/// Prints the module of the operations of one tag.
pub(crate) fn module(
    document: &Document,
    operations: &[&Operation],
    all: &[Operation],
    examples: &dyn Fn(&str) -> Option<Value>,
) -> Result<String, String> {
    let printed = operations
        .iter()
        .map(|operation| print(document, operation, all, examples))
        .collect::<Result<Vec<_>, _>>()?;
    let raw_response = operations
        .iter()
        .any(|it| it.distinct_successes().len() == 1)
        .then(|| quote! { RawResponse, });
    let tokens = quote! {
        use crate::options::call_options;
        use crate::runtime::{Error, Operation, #raw_response Request, Response};
        use crate::{Client, types};
        #(#printed)*
    };
    let file = syn::parse2(tokens)
        .map_err(|error| format!("the operations are not valid Rust: {error}"))?;
    Ok(prettyplease::unparse(&file))
}

fn print(
    document: &Document,
    operation: &Operation,
    all: &[Operation],
    examples: &dyn Fn(&str) -> Option<Value>,
) -> Result<TokenStream, String> {
    let method = format_ident!("{}", operation.method_name());
    let name = format_ident!("{}", operation.type_name());
    let arguments = operation.arguments.iter().map(|param| {
        let ident = format_ident!("{}", param.rust_name());
        let ty = types::argument(&param.kind);
        quote! { #ident: #ty }
    });
    let set_arguments = operation.arguments.iter().map(set);
    let object_body = (operation.body == Body::Json
        && !operation.params().any(|it| it.place == Place::Body))
    .then(|| quote! { request.expect_object(); });
    let beta = operation.beta.then(|| quote! { #[cfg(feature = "beta")] });
    let deprecated = operation
        .deprecated
        .then(|| quote! { #[deprecated(note = "ImageKit advises against it")] });
    let allow_deprecated = operation
        .deprecated
        .then(|| quote! { #[allow(deprecated)] });
    let doc = method_doc(document, operation, examples);
    let struct_doc =
        format!("A call of [`Client::{method}`](crate::Client::{method}), before it is sent.");
    let setters = operation.setters.iter().map(setter);
    let constant = constant(operation);
    let (response_enum, value, decode) = decoding(operation);
    let alone: Vec<_> = operation
        .params()
        .filter(|param| param.alone)
        .map(|param| {
            let name = &param.wire_name;
            quote! { request.refuse_beside_others(#name); }
        })
        .collect();
    let repeatable: Vec<_> = operation
        .idempotent_if
        .iter()
        .map(|(name, text)| quote! { (#name, #text) })
        .collect();
    let mut alone = alone;
    if !repeatable.is_empty() {
        alone.push(quote! { request.idempotent_if(&[#(#repeatable),*]); });
    }
    let request = if alone.is_empty() {
        quote! { let request = self.request; }
    } else {
        quote! { let mut request = self.request; #(#alone)* }
    };
    // A body that is not wrapped in a response does not have to be moved out of it. A `?` in each of these functions
    // would take the compiler a good part of its time.
    let send = match operation.distinct_successes().as_slice() {
        [Success::One(_)] => quote! {
            #request
            request.execute().await.and_then(RawResponse::into_json)
        },
        _ => quote! { self.send_with_response().await.map(Response::into_body) },
    };
    let behaviour = behaviour(document, operation, all)?;
    Ok(quote! {
        #beta
        impl Client {
            #[doc = #doc]
            #deprecated
            pub fn #method(&self, #(#arguments),*) -> #name {
                #[allow(unused_mut)]
                let mut request = Request::new(self, #name::OPERATION);
                #(#set_arguments)*
                #object_body
                #name { request }
            }
        }

        #[doc = #struct_doc]
        #beta
        #[derive(Clone, Debug)]
        #[must_use = "an operation does nothing until it is sent"]
        pub struct #name {
            request: Box<Request>,
        }

        #beta
        #allow_deprecated
        impl #name {
            /// The operation as the document describes it.
            pub const OPERATION: &'static Operation = &#constant;

            #(#setters)*

            /// Sends the call and returns the decoded body of the response.
            ///
            /// # Errors
            ///
            /// If the call cannot be sent, fails, or its response cannot be decoded; [`Error`] says why.
            pub async fn send(self) -> Result<#value, Error> {
                #send
            }

            /// Sends the call and returns the whole response: status, headers, request id and raw body beside the
            /// decoded one.
            ///
            /// # Errors
            ///
            /// As [`send`](Self::send).
            pub async fn send_with_response(self) -> Result<Response<#value>, Error> {
                #request
                #decode
            }

            #behaviour
        }

        #beta
        call_options!(#name);

        #response_enum
    })
}

/// The statement that puts an argument into the request.
fn set(param: &Param) -> TokenStream {
    let ident = format_ident!("{}", param.rust_name());
    let name = &param.wire_name;
    let value = types::convert(&param.kind, &quote!(#ident), TypePlace::Request);
    set_value(param.place, name, &value)
}

fn set_value(place: Place, name: &str, value: &TokenStream) -> TokenStream {
    match place {
        Place::Path => quote! { request.set_path(#name, &#value); },
        Place::Query => quote! { request.set_query(#name, &#value); },
        Place::Property => quote! { request.set_property(#name, &#value); },
        Place::Body => quote! { request.set_body(&#value); },
        Place::Field(Encoding::Plain) => quote! { request.set_field(#name, &#value); },
        Place::Field(Encoding::CommaSeparated) => {
            quote! { request.set_list_field(#name, &#value); }
        }
        Place::Field(Encoding::Json) => quote! { request.set_json_field(#name, &#value); },
        Place::Field(Encoding::File) => quote! { request.set_file(#name, #value); },
    }
}

fn setter(param: &Param) -> TokenStream {
    let name = &param.wire_name;
    let ident = format_ident!("{}", param.rust_name());
    let ty = types::argument(&param.kind);
    let set = set(param);
    let set = set_on_self(&set);
    let doc = text::doc("Sets", &param.description);
    let mut printed = quote! {
        #[doc = #doc]
        pub fn #ident(mut self, #ident: #ty) -> Self {
            #set
            self
        }
    };
    if param.nullable && param.place == Place::Property {
        let clear = format_ident!("clear_{}", param.rust_name().trim_end_matches('_'));
        let set_or_clear =
            format_ident!("set_or_clear_{}", param.rust_name().trim_end_matches('_'));
        let clear_doc =
            format!("Clears what [`{ident}`](Self::{ident}) sets, by sending null for it.");
        let set_or_clear_doc = format!("Sets or clears what [`{ident}`](Self::{ident}) sets.");
        printed.extend(quote! {
            #[doc = #clear_doc]
            pub fn #clear(mut self) -> Self {
                self.request.set_property(#name, &());
                self
            }

            #[doc = #set_or_clear_doc]
            pub fn #set_or_clear(self, #ident: Option<#ty>) -> Self {
                match #ident {
                    Some(value) => self.#ident(value),
                    None => self.#clear(),
                }
            }
        });
    }
    printed
}

/// The same statement for a request that a struct holds.
fn set_on_self(statement: &TokenStream) -> TokenStream {
    quote! { let request = &mut self.request; #statement }
}

fn constant(operation: &Operation) -> TokenStream {
    let id = &operation.id;
    let method = format_ident!("{}", operation.method.to_ascii_uppercase());
    let path = &operation.path;
    let mut constant = quote! { Operation::new(#id, ::http::Method::#method, #path) };
    if operation.idempotent {
        constant.extend(quote! { .idempotent() });
    }
    if let Some(server) = &operation.server {
        constant.extend(quote! { .at(#server) });
    }
    if !operation.secrets.is_empty() {
        let secrets = &operation.secrets;
        constant.extend(quote! { .hiding(&[#(#secrets),*]) });
    }
    constant
}

/// The enum of an operation with several successes, the type of its value, and how it is decoded.
fn decoding(operation: &Operation) -> (Option<TokenStream>, TokenStream, TokenStream) {
    let distinct = operation.distinct_successes();
    if let [one] = distinct.as_slice() {
        let (value, decode) = match one {
            Success::Empty => (quote! { () }, quote! { .map(RawResponse::empty) }),
            Success::One(name) => {
                let name = format_ident!("{name}");
                (
                    quote! { types::#name },
                    quote! { .and_then(RawResponse::decode) },
                )
            }
            Success::List(name) => {
                let name = format_ident!("{name}");
                (
                    quote! { crate::List<types::#name> },
                    quote! { .and_then(RawResponse::decode_list) },
                )
            }
        };
        return (None, value, quote! { request.execute().await #decode });
    }
    let name = format_ident!("{}Response", operation.id.to_upper_camel_case());
    let doc = format!(
        "What [`Client::{0}`](crate::Client::{0}) returns, told apart by the status.",
        operation.method_name()
    );
    let mut variants = Vec::new();
    let mut arms = Vec::new();
    for success in &distinct {
        let statuses: Vec<&str> = operation
            .successes
            .iter()
            .filter(|(_, other)| other == *success)
            .map(|(status, _)| status.as_str())
            .collect();
        let variant_doc = format!("The response with the status {}.", statuses.join(" or "));
        let (variant, value, decode) = match success {
            Success::Empty => (
                format_ident!("Empty"),
                quote! { () },
                quote! { response.empty() },
            ),
            Success::One(component) => {
                let component = format_ident!("{component}");
                (
                    component.clone(),
                    quote! { Box<types::#component> },
                    quote! { response.decode()? },
                )
            }
            Success::List(component) => {
                let component = format_ident!("{component}");
                (
                    component.clone(),
                    quote! { crate::List<types::#component> },
                    quote! { response.decode_list()? },
                )
            }
        };
        variants.push(quote! { #[doc = #variant_doc] #variant(#value) });
        let statuses: Vec<u16> = statuses.iter().filter_map(|it| it.parse().ok()).collect();
        arms.push((statuses, quote! { Ok(#decode.map(#name::#variant)) }));
    }
    // A status that is not documented is decoded like the first one.
    let (_, first) = arms.remove(0);
    let arms = arms
        .iter()
        .map(|(statuses, decode)| quote! { #(#statuses)|* => #decode, });
    let beta = operation.beta.then(|| quote! { #[cfg(feature = "beta")] });
    let printed = quote! {
        #[doc = #doc]
        #beta
        #[derive(Clone, Debug, PartialEq)]
        #[must_use = "the operation may have done only a part of its work"]
        #[non_exhaustive]
        pub enum #name {
            #(#variants,)*
        }
    };
    let decode = quote! {
        let response = request.execute().await?;
        match response.status().as_u16() {
            #(#arms)*
            _ => #first,
        }
    };
    (Some(printed), quote! { #name }, decode)
}

/// What an operation can do beside being sent: pages, batches, jobs, progress.
fn behaviour(
    document: &Document,
    operation: &Operation,
    all: &[Operation],
) -> Result<TokenStream, String> {
    let mut printed = TokenStream::new();
    if operation.params().any(|param| param.kind == Kind::File) {
        printed.extend(quote! {
            /// Calls a function with the bytes of the file that are sent, and with its length if that is known. The last
            /// call has exactly the length. If the upload is retried, the count begins again.
            pub fn on_progress(mut self, progress: impl Fn(u64, Option<u64>) + Send + Sync + 'static) -> Self {
                self.request.on_progress(progress);
                self
            }
        });
    }
    if let Some(pages) = &operation.pages {
        let Some((_, Success::List(item))) = operation.successes.first() else {
            return Err(format!(
                "{}: x-pages needs a list as response",
                operation.id
            ));
        };
        let item = format_ident!("{item}");
        let (offset, limit, longest) = (&pages.offset, &pages.limit, pages.longest);
        printed.extend(quote! {
            /// Fetches page after page. The limit is the length of a page; without one, it is the longest.
            pub fn pages(self) -> crate::pages::Pages<types::#item> {
                crate::pages::Pages::new(self.request, #offset, #limit, #longest)
            }

            /// Fetches all items, page after page.
            pub fn items(self) -> crate::pages::Items<types::#item> {
                self.pages().into_items()
            }
        });
    }
    if let Some(batches) = &operation.batches {
        let (ids, size, done) = (&batches.ids, batches.size, &batches.done);
        let size = usize::try_from(size).unwrap_or(1);
        printed.extend(quote! {
            /// Sends any number of ids, in batches of what ImageKit allows, with an account of each of them.
            pub fn in_batches(self) -> crate::batches::Batches {
                crate::batches::Batches::new(self.request, #ids, #done, #size)
            }
        });
    }
    if let Some(state) = &operation.job_state {
        printed.extend(polling(operation, state, &quote! { self.request }));
    }
    if let Some(job) = &operation.job {
        let status = all
            .iter()
            .find(|other| other.id == job.operation)
            .ok_or_else(|| format!("{}: x-job names no operation", operation.id))?;
        let state = status.job_state.as_ref().ok_or_else(|| {
            format!(
                "{}: the operation of x-job has no x-job-state",
                operation.id
            )
        })?;
        let (value, property, done) = job_state(status, state);
        let status_name = format_ident!("{}", status.type_name());
        let module = format_ident!("{}", status.module());
        let parameter = status
            .arguments
            .first()
            .map(|param| param.wire_name.clone())
            .ok_or_else(|| format!("{}: it has no parameter", status.id))?;
        let id = &job.id;
        let _ = document;
        printed.extend(quote! {
            /// Starts the job and waits until it is done, within a limit of its own; see
            /// [`JobPoller`](crate::JobPoller).
            ///
            /// # Errors
            ///
            /// If the job cannot be started, its state cannot be read, or it is not done in time. The job itself goes on
            /// then, and the error names its id.
            pub async fn until_done(self) -> Result<#value, Error> {
                self.start().await?.until_done().await
            }

            /// Starts the job and returns what asks for its state.
            ///
            /// # Errors
            ///
            /// As [`send`](Self::send), and if the response has no id of a job.
            pub async fn start(self) -> Result<crate::JobPoller<#value>, Error> {
                let client = self.request.client().clone();
                let response = self.request.execute().await?;
                crate::JobPoller::started(
                    &client,
                    &response,
                    #id,
                    super::#module::#status_name::OPERATION,
                    #parameter,
                    #property,
                    &[#(#done),*],
                )
            }
        });
    }
    Ok(printed)
}

fn polling(
    operation: &Operation,
    state: &super::operation::JobState,
    request: &TokenStream,
) -> TokenStream {
    let (value, property, done) = job_state(operation, state);
    quote! {
        /// Waits until the job is done, within a limit of its own; see [`JobPoller`](crate::JobPoller).
        ///
        /// # Errors
        ///
        /// If the state cannot be read, or the job is not done in time.
        pub async fn until_done(self) -> Result<#value, Error> {
            self.poll().until_done().await
        }

        /// Returns what asks for the state of the job again and again.
        pub fn poll(self) -> crate::JobPoller<#value> {
            crate::JobPoller::new(#request, #property, &[#(#done),*])
        }
    }
}

fn job_state<'a>(
    operation: &Operation,
    state: &'a super::operation::JobState,
) -> (TokenStream, &'a str, &'a [String]) {
    let value = match operation.successes.first() {
        Some((_, Success::One(name))) => {
            let name = format_ident!("{name}");
            quote! { crate::types::#name }
        }
        _ => quote! { ::serde_json::Value },
    };
    (value, &state.property, &state.done)
}

fn method_doc(
    document: &Document,
    operation: &Operation,
    examples: &dyn Fn(&str) -> Option<Value>,
) -> String {
    let mut doc = text::markdown(&operation.summary);
    if !doc.ends_with('.') {
        doc.push('.');
    }
    let description = text::markdown(&operation.description);
    // Writing to a String cannot fail.
    let _ = write!(
        doc,
        "\n\n{description}\n\n`{} {}`, {}.",
        operation.method.to_ascii_uppercase(),
        operation.path,
        if operation.idempotent {
            "idempotent: retried after any failure that may pass"
        } else {
            "not idempotent: retried only if it cannot have been performed"
        }
    );
    if operation.beta {
        doc.push_str(" ImageKit calls it beta.");
    }
    if !operation.arguments.is_empty() {
        doc.push_str("\n\n# Arguments\n");
        for param in &operation.arguments {
            let description = text::first_paragraph(&param.description);
            let _ = write!(doc, "\n- `{}`: {description}", param.rust_name());
        }
    }
    if !operation.setters.is_empty() {
        let setters = operation.setters.iter().map(|param| {
            let name = param.rust_name();
            format!(
                "[`{name}`](crate::operations::{}::{name})",
                operation.type_name()
            )
        });
        let _ = write!(
            doc,
            "\n\nOptional: {}.",
            setters.collect::<Vec<_>>().join(", ")
        );
    }
    let failures: Vec<_> = operation
        .failures
        .iter()
        .filter(|(status, _)| !status.ends_with("XX"))
        .collect();
    if !failures.is_empty() {
        doc.push_str("\n\n# Errors\n");
        for (status, description) in failures {
            let _ = write!(doc, "\n- {status}: {}", text::first_paragraph(description));
        }
        doc.push_str("\n- 401, 403, 429 and 5xx, as for every operation: see [`errors`](crate::_documentation::errors).");
    }
    let _ = write!(
        doc,
        "\n\n# Example\n\n{}",
        example(document, operation, examples)
    );
    doc
}

/// A call with everything that is required, in the values of the documented example.
fn example(
    document: &Document,
    operation: &Operation,
    examples: &dyn Fn(&str) -> Option<Value>,
) -> String {
    let body = request_example(document, operation, examples);
    let mut arguments = Vec::new();
    for param in &operation.arguments {
        let value = match param.place {
            Place::Body => body.clone(),
            _ => param
                .example
                .clone()
                .or_else(|| body.as_ref()?.get(&param.wire_name).cloned()),
        };
        arguments.push(literal(&param.kind, value.as_ref()));
    }
    let call = format!("{}({})", operation.method_name(), arguments.join(", "));
    let attributes = if operation.deprecated {
        "# #[allow(deprecated)]\n"
    } else {
        ""
    };
    let binding = match operation.distinct_successes().as_slice() {
        [Success::Empty] => "",
        _ => "let response = ",
    };
    format!(
        "```no_run\n{attributes}# async fn example(client: imagekit_client::Client) -> Result<(), Box<dyn std::error::Error>> {{\n\
         {binding}client\n    .{call}\n    .send()\n    .await?;\n# Ok(())\n# }}\n```"
    )
}

/// The documented body of a request.
fn request_example(
    document: &Document,
    operation: &Operation,
    examples: &dyn Fn(&str) -> Option<Value>,
) -> Option<Value> {
    let body = document.at(&format!("{}/requestBody", operation.pointer))?;
    let content = document.resolve(body)["content"]
        .as_object()?
        .values()
        .next()?;
    let first = content["examples"].as_object()?.values().next()?;
    let example = document.resolve(first);
    match example["externalValue"].as_str() {
        Some(path) => examples(path),
        None => example.get("value").cloned(),
    }
}

fn literal(kind: &Kind, value: Option<&Value>) -> String {
    let text = value.and_then(Value::as_str);
    match kind {
        Kind::Text | Kind::Secret => format!("{:?}", text.unwrap_or("text")),
        Kind::Named(_) if text.is_some() => format!("{:?}", text.unwrap_or_default()),
        Kind::Boolean => value.and_then(Value::as_bool).unwrap_or(true).to_string(),
        Kind::Integer => value.and_then(Value::as_i64).unwrap_or(1).to_string(),
        Kind::Number => format!("{:?}", value.and_then(Value::as_f64).unwrap_or(1.0)),
        Kind::Date => format!("{:?}.parse()?", text.unwrap_or("2026-01-31")),
        Kind::DateTime => format!("{:?}.parse()?", text.unwrap_or("2026-01-31T12:00:00Z")),
        Kind::File => "imagekit_client::UploadSource::open(\"coat.jpg\").await?".to_owned(),
        Kind::List(item) => match value.and_then(Value::as_array) {
            Some(items) => {
                let items: Vec<_> = items
                    .iter()
                    .map(|value| literal(item, Some(value)))
                    .collect();
                format!("[{}]", items.join(", "))
            }
            None => format!("[{}]", literal(item, None)),
        },
        Kind::FreeMap(_) | Kind::Anything(_) => match value {
            Some(value) => format!(
                "serde_json::from_value::<serde_json::Map<String, serde_json::Value>>(serde_json::json!({value}))?"
            ),
            None => "serde_json::Map::<String, serde_json::Value>::new()".to_owned(),
        },
        Kind::Named(name) => {
            let value = value.cloned().unwrap_or(Value::Null);
            format!(
                "serde_json::from_value::<imagekit_client::types::{name}>(serde_json::json!({value}))?"
            )
        }
    }
}

/// Prints the function by which tests call any operation with the parameters of an example.
pub(crate) fn calls(operations: &[Operation]) -> Result<String, String> {
    let arms = operations.iter().map(|operation| {
        let id = &operation.id;
        let method = format_ident!("{}", operation.method_name());
        let beta = operation.beta.then(|| quote! { #[cfg(feature = "beta")] });
        let arguments = operation.arguments.iter().map(|param| {
            let name = &param.wire_name;
            let ty = taken(&param.kind);
            quote! { given.required::<#ty>(#name)? }
        });
        let setters = operation.setters.iter().map(|param| {
            let name = &param.wire_name;
            let ident = format_ident!("{}", param.rust_name());
            let ty = taken(&param.kind);
            if param.nullable && param.place == Place::Property {
                let set_or_clear =
                    format_ident!("set_or_clear_{}", param.rust_name().trim_end_matches('_'));
                quote! {
                    if let Some(value) = given.nullable::<#ty>(#name)? {
                        call = call.#set_or_clear(value);
                    }
                }
            } else {
                quote! {
                    if let Some(value) = given.optional::<#ty>(#name)? {
                        call = call.#ident(value);
                    }
                }
            }
        });
        let encode = match operation.distinct_successes().as_slice() {
            [Success::Empty] => quote! { |_| Ok(::serde_json::Value::Null) },
            [Success::One(_)] => quote! { |body| ::serde_json::to_value(body) },
            [Success::List(_)] => {
                quote! { |body| body.iter().flatten().map(::serde_json::to_value).collect() }
            }
            several => {
                let name = format_ident!("{}Response", operation.id.to_upper_camel_case());
                let arms = several.iter().map(|success| match success {
                    Success::One(component) => {
                        let component = format_ident!("{component}");
                        quote! { #name::#component(body) => ::serde_json::to_value(body), }
                    }
                    _ => quote! {},
                });
                quote! {
                    |body| match body {
                        #(#arms)*
                        #[allow(unreachable_patterns)]
                        _ => Ok(::serde_json::Value::Null),
                    }
                }
            }
        };
        quote! {
            #beta
            #id => {
                #[allow(unused_mut)]
                let mut call = client.#method(#(#arguments),*);
                #(#setters)*
                given.finish()?;
                crate::models::Called::new(call.send_with_response().await, #encode)
            }
        }
    });
    let tokens = quote! {
        use crate::models::{Called, Given};
        #[allow(unused_imports)]
        use crate::operations::*;
        use crate::{Client, types};

        /// Calls an operation with parameters from an example.
        pub(crate) async fn call(client: &Client, operation: &str, mut given: Given) -> Result<Called, String> {
            match operation {
                #(#arms)*
                _ => Err(format!("there is no operation {operation}")),
            }
        }
    };
    let file =
        syn::parse2(tokens).map_err(|error| format!("the calls are not valid Rust: {error}"))?;
    Ok(prettyplease::unparse(&file))
}

/// The type that a parameter of an example is read as.
fn taken(kind: &Kind) -> TokenStream {
    match kind {
        Kind::FreeMap(_) => quote! { ::serde_json::Map<String, ::serde_json::Value> },
        Kind::Anything(_) => quote! { ::serde_json::Value },
        Kind::File => quote! { crate::models::GivenFile },
        Kind::Secret => quote! { String },
        Kind::Named(name) => {
            let name = format_ident!("{name}");
            quote! { types::#name }
        }
        kind => types::value(kind),
    }
}
