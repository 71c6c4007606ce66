//! What is changed in the code that progenitor generates, and why.
//!
//! Each fixup counts what it changed, and one that finds nothing to change is an error: progenitor
//! has learnt to do without it, or writes the code in another form.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, Expr, Fields, File, GenericArgument, Ident, ImplItem, ImplItemFn, Item, ItemMod,
    PathArguments, ReturnType, Stmt, Token, Type, parse_quote,
};

use crate::components::Replacement;
use crate::document::{Document, Operation};

struct Fixup {
    name: &'static str,
    reason: &'static str,
    apply: fn(&mut File, &Context<'_>) -> Result<usize, String>,
}

struct Context<'a> {
    document: &'a Document,
    operations: Vec<Operation>,
    replacements: &'a [Replacement],
}

const FIXUPS: [Fixup; 8] = [
    Fixup {
        name: "own_runtime",
        reason: "the error and the response of progenitor-client lose status, headers and body of \
                 what cannot be decoded",
        apply: own_runtime,
    },
    Fixup {
        name: "own_client",
        reason: "progenitor's client has a constructor that panics, and knows no authentication",
        apply: own_client,
    },
    Fixup {
        name: "own_exchange",
        reason: "progenitor sends an undocumented `api-version`, encodes no backslash in a path, \
                 and parses the base URL for each call",
        apply: own_exchange,
    },
    Fixup {
        name: "conversion_reasons",
        reason: "progenitor's builders say that a parameter is wrong, but not why",
        apply: conversion_reasons,
    },
    Fixup {
        name: "growing_models",
        reason: "progenitor's models are exhaustive, so that each new property of an answer would \
                 break users; and a derive for `schemars` would not be optional",
        apply: growing_models,
    },
    Fixup {
        name: "faithful_values",
        reason: "serde writes 100.0 for a number that came as 100 and reads no 100.0 as an \
                 integer, and chrono drops the `.000` of a time",
        apply: faithful_values,
    },
    Fixup {
        name: "compiled_examples",
        reason: "progenitor's examples are not compiled",
        apply: compiled_examples,
    },
    Fixup {
        name: "replacements",
        reason: "progenitor knows neither ids nor open enums, and takes no notice if a replacement \
                 names nothing",
        apply: define_replacements,
    },
];

/// Applies all fixups.
pub(crate) fn apply(
    file: &mut File,
    document: &Document,
    replacements: &[Replacement],
) -> Result<(), String> {
    let context = Context {
        document,
        operations: document.operations(),
        replacements,
    };
    for fixup in FIXUPS {
        let Fixup {
            name,
            reason,
            apply,
        } = fixup;
        match apply(file, &context) {
            Ok(0) => {
                return Err(format!(
                    "the fixup `{name}` found nothing to change. It is there because {reason}: \
                     see whether that still holds"
                ));
            }
            Ok(_) => {}
            Err(error) => return Err(format!("the fixup `{name}` cannot be applied: {error}")),
        }
    }
    Ok(())
}

fn own_runtime(file: &mut File, _: &Context<'_>) -> Result<usize, String> {
    let before = file.items.len();
    file.items.retain(|item| !matches!(item, Item::Use(_)));
    let builder = module(&mut file.items, "builder")?;
    let mut replaced = 0;
    for item in &mut builder.iter_mut() {
        if let Item::Use(import) = item
            && quote!(#import).to_string().contains("encode_path")
        {
            *item = parse_quote! {
                use crate::runtime::{Error, Operation, Request, ResponseValue};
            };
            replaced += 1;
        }
    }
    if replaced != 1 {
        return Err("the module `builder` imports its runtime in another way".to_owned());
    }
    Ok(before - file.items.len())
}

fn own_client(file: &mut File, context: &Context<'_>) -> Result<usize, String> {
    let before = file.items.len();
    file.items.retain(|item| match item {
        Item::Const(_) => false,
        Item::Mod(module) => module.ident != "prelude",
        Item::Impl(item) => {
            let is_constructor = |item: &ImplItem| {
                matches!(item, ImplItem::Fn(function) if function.sig.ident == "new_with_client")
            };
            item.trait_.is_none() && !item.items.iter().any(is_constructor)
        }
        _ => true,
    });
    let removed = before - file.items.len();
    for item in &mut file.items {
        if let Item::Struct(client) = item
            && client.ident == "Client"
        {
            client.fields = Fields::Named(parse_quote! {
                { pub(crate) runtime: crate::runtime::Runtime }
            });
        }
    }
    let server = context
        .document
        .at("/servers/0/url")
        .and_then(Value::as_str)
        .ok_or("the document names no server")?;
    file.items.push(parse_quote! {
        /// The server that the document names.
        pub(crate) const SERVER: &str = #server;
    });
    let version = context
        .document
        .at("/info/version")
        .and_then(Value::as_str)
        .ok_or("the document has no version")?;
    file.items.push(parse_quote! {
        /// The version of the OpenAPI document that this client is generated from.
        pub const API_VERSION: &str = #version;
    });
    Ok(removed)
}

fn own_exchange(file: &mut File, context: &Context<'_>) -> Result<usize, String> {
    let mut changed = 0;
    for function in builder_functions(file)? {
        if function.sig.ident != "send" {
            continue;
        }
        let description = documentation(&function.attrs);
        let operation = context
            .operations
            .iter()
            .find(|operation| {
                let method = operation.method.to_ascii_uppercase();
                description.contains(&format!("`{method}` request to `{}`", operation.path))
            })
            .ok_or_else(|| format!("no operation is known for `{description}`"))?;
        exchange(function, operation, context.document)
            .map_err(|error| format!("{}: {error}", operation.id))?;
        changed += 1;
    }
    Ok(changed)
}

/// Rewrites one `send`, so that our runtime sends what progenitor's own code has put together.
fn exchange(
    function: &mut ImplItemFn,
    operation: &Operation,
    document: &Document,
) -> Result<(), String> {
    let mut kept: Vec<Stmt> = Vec::new();
    let mut ids: Option<Vec<Expr>> = None;
    let mut parts: Option<Vec<TokenStream>> = None;
    let mut success: Option<(TokenStream, TokenStream)> = None;
    for statement in &function.block.stmts {
        match statement {
            Stmt::Local(local) => {
                let Some(init) = &local.init else { continue };
                match &*init.expr {
                    Expr::Macro(call) if call.mac.path.is_ident("format") => {
                        ids = Some(encoded(call.mac.tokens.clone())?);
                    }
                    expression if ids.is_none() => {
                        let mut statement = statement.clone();
                        if !matches!(expression, Expr::Path(_)) {
                            Refusals.visit_stmt_mut(&mut statement);
                        }
                        kept.push(statement);
                    }
                    Expr::Try(request) if parts.is_none() => {
                        if let Expr::MethodCall(_) = &*request.expr {
                            parts = Some(request_parts(&request.expr)?);
                        }
                    }
                    _ => {}
                }
            }
            Stmt::Expr(Expr::Match(answers), _) => {
                let successes: Vec<_> = answers
                    .arms
                    .iter()
                    .filter(|arm| !calls_err(&arm.body))
                    .collect();
                let patterns = successes.iter().map(|arm| &arm.pat);
                let is_decoded = successes
                    .iter()
                    .any(|arm| quote!(#arm).to_string().contains("from_response"));
                let decode = if is_decoded {
                    quote! { ResponseValue::from_response(response) }
                } else {
                    quote! { Ok(ResponseValue::empty(response)) }
                };
                success = Some((quote!(#(#patterns)|*), decode));
            }
            _ => {}
        }
    }
    let segments = segments(&operation.path, &ids.ok_or("no URL is put together")?)?;
    let parts = parts.ok_or("no request is built")?;
    let (pattern, decode) = success.ok_or("no answer is matched")?;
    let id = &operation.id;
    let path = &operation.path;
    let method = format_ident!("{}", operation.method.to_ascii_uppercase());
    let repeatable = matches!(operation.method.as_str(), "get" | "head")
        || document
            .at(&format!("{}/x-repeatable", operation.pointer))
            .is_some_and(|mark| mark == true);
    function.block = parse_quote! {{
        const OPERATION: &Operation =
            &Operation::documented(#id, ::http::Method::#method, #path, #repeatable);
        #(#kept)*
        let response = Request::new(&client.runtime, OPERATION, &[#(#segments),*])
            #(#parts)*
            .exchange()
            .await?;
        match response.status().as_u16() {
            #pattern => #decode,
            _ => Err(Error::unexpected(&response)),
        }
    }};
    let ReturnType::Type(_, returned) = &mut function.sig.output else {
        return Err("it returns nothing".to_owned());
    };
    let value = first_argument(returned)
        .ok_or("it returns no Result")?
        .clone();
    **returned = parse_quote! { Result<#value, Error> };
    Ok(())
}

/// Whether an expression, or the block around it, is `Err(…)`.
fn calls_err(expression: &Expr) -> bool {
    match expression {
        Expr::Call(call) => matches!(&*call.func, Expr::Path(path) if path.path.is_ident("Err")),
        Expr::Block(block) => matches!(
            block.block.stmts.as_slice(),
            [Stmt::Expr(inner, None)] if calls_err(inner)
        ),
        _ => false,
    }
}

/// The ids in `format!("{}/v1/…", client.baseurl, encode_path(&id.to_string()), …)`.
fn encoded(tokens: TokenStream) -> Result<Vec<Expr>, String> {
    let arguments = Punctuated::<Expr, Token![,]>::parse_terminated
        .parse2(tokens)
        .map_err(|error| error.to_string())?;
    arguments
        .into_iter()
        .skip(2)
        .map(|argument| {
            if let Expr::Call(call) = &argument
                && let Some(Expr::Reference(text)) = call.args.first()
                && let Expr::MethodCall(to_string) = &*text.expr
            {
                Ok((*to_string.receiver).clone())
            } else {
                Err(format!("`{}` is no encoded segment", quote!(#argument)))
            }
        })
        .collect()
}

/// The segments of a path, with ids in the places of its parameters.
fn segments(path: &str, ids: &[Expr]) -> Result<Vec<TokenStream>, String> {
    let mut ids = ids.iter();
    let segments = path
        .split('/')
        .skip(1)
        .map(|segment| {
            if !segment.starts_with('{') {
                return Ok(quote! { #segment });
            }
            let id = ids.next().ok_or("it has too few path parameters")?;
            Ok(quote! { #id.as_str() })
        })
        .collect();
    match ids.next() {
        None => segments,
        Some(_) => Err("it has too many path parameters".to_owned()),
    }
}

/// The query and the body of a chain of calls that builds a request.
fn request_parts(chain: &Expr) -> Result<Vec<TokenStream>, String> {
    let mut parts = Vec::new();
    let mut next = chain;
    while let Expr::MethodCall(call) = next {
        let argument = call.args.first();
        match (call.method.to_string().as_str(), argument) {
            ("json", Some(body)) => parts.push(quote! { .json(#body) }),
            ("query", Some(Expr::Reference(parameter))) => match &*parameter.expr {
                Expr::Call(new) => {
                    let arguments = &new.args;
                    parts.push(quote! { .query(#arguments) });
                }
                other => return Err(format!("`{}` is no query parameter", quote!(#other))),
            },
            ("build" | "header" | "headers", _) => {}
            ("get" | "put" | "post" | "delete" | "options" | "head" | "patch" | "trace", _) => {
                break;
            }
            (other, _) => return Err(format!("`.{other}()` is not known to the runtime")),
        }
        next = &call.receiver;
    }
    parts.reverse();
    Ok(parts)
}

/// Turns `Error::InvalidRequest` into an error that knows its operation.
struct Refusals;

impl VisitMut for Refusals {
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        if let Expr::Path(path) = expression
            && path
                .path
                .segments
                .last()
                .is_some_and(|last| last.ident == "InvalidRequest")
        {
            *expression = parse_quote! { |reason| OPERATION.refuse(reason) };
        } else {
            visit_mut::visit_expr_mut(self, expression);
        }
    }
}

fn conversion_reasons(file: &mut File, _: &Context<'_>) -> Result<usize, String> {
    struct Reasons {
        parameter: Ident,
        changed: usize,
    }

    impl VisitMut for Reasons {
        fn visit_expr_method_call_mut(&mut self, call: &mut syn::ExprMethodCall) {
            if call.method == "map_err"
                && let Some(Expr::Closure(closure)) = call.args.first()
                && closure
                    .inputs
                    .iter()
                    .any(|input| matches!(input, syn::Pat::Wild(_)))
            {
                let message = format!("{}: {{reason}}", self.parameter);
                call.args = parse_quote! { |reason| format!(#message) };
                self.changed += 1;
            }
            visit_mut::visit_expr_method_call_mut(self, call);
        }
    }

    let mut changed = 0;
    for function in builder_functions(file)? {
        let mut reasons = Reasons {
            parameter: function.sig.ident.clone(),
            changed: 0,
        };
        reasons.visit_block_mut(&mut function.block);
        if reasons.changed > 0 {
            let clause = function.sig.generics.make_where_clause();
            clause
                .predicates
                .push(parse_quote! { V::Error: ::std::fmt::Display });
        }
        changed += reasons.changed;
    }
    Ok(changed)
}

fn growing_models(file: &mut File, _: &Context<'_>) -> Result<usize, String> {
    let mut changed = 0;
    for item in module(&mut file.items, "types")? {
        let (attributes, is_open) = match item {
            Item::Struct(model) => (&mut model.attrs, matches!(model.fields, Fields::Named(_))),
            Item::Enum(model) => (&mut model.attrs, true),
            _ => continue,
        };
        if is_open {
            attributes.push(parse_quote! { #[non_exhaustive] });
        }
        attributes.push(parse_quote! {
            #[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
        });
        changed += 1;
    }
    Ok(changed)
}

fn faithful_values(file: &mut File, _: &Context<'_>) -> Result<usize, String> {
    let mut changed = 0;
    for item in module(&mut file.items, "types")? {
        let Item::Struct(model) = item else { continue };
        let Fields::Named(fields) = &mut model.fields else {
            continue;
        };
        for field in &mut fields.named {
            let optional = first_argument(&field.ty).filter(|_| is_named(&field.ty, "Option"));
            let value = optional.unwrap_or(&field.ty);
            let module = if optional.is_some() { "option::" } else { "" };
            let through = |function| format!("crate::faithful::{module}{function}");
            if is_named(value, "f64") {
                let number = through("number");
                field
                    .attrs
                    .push(parse_quote! { #[serde(serialize_with = #number)] });
            } else if is_named(value, "DateTime") {
                let date_time = through("date_time");
                field
                    .attrs
                    .push(parse_quote! { #[serde(serialize_with = #date_time)] });
            } else if is_named(value, "i64") {
                let integer = through("integer");
                // Without a `default`, a reader of one's own takes absence for an error.
                let default = optional.map(|_| quote! { default, });
                field
                    .attrs
                    .push(parse_quote! { #[serde(#default deserialize_with = #integer)] });
            } else {
                continue;
            }
            changed += 1;
        }
    }
    Ok(changed)
}

fn compiled_examples(file: &mut File, context: &Context<'_>) -> Result<usize, String> {
    const START: &str = "```ignore\n";
    let mut changed = 0;
    for item in &mut file.items {
        let Item::Impl(item) = item else { continue };
        for function in &mut item.items {
            let ImplItem::Fn(function) = function else {
                continue;
            };
            let text = documentation(&function.attrs);
            let Some((description, _)) = text.split_once(START) else {
                continue;
            };
            let example = example(&function.sig.ident, &text, context);
            let text = format!("{}\n\n{example}", description.trim_end());
            function
                .attrs
                .retain(|attribute| !attribute.path().is_ident("doc"));
            function.attrs.push(parse_quote! { #[doc = #text] });
            changed += 1;
        }
    }
    Ok(changed)
}

/// A call of an operation with the examples that the document has for its parameters.
fn example(method: &Ident, description: &str, context: &Context<'_>) -> String {
    use std::fmt::Write as _;
    let operation = context.operations.iter().find(|operation| {
        let method = operation.method.to_ascii_uppercase();
        description.contains(&format!("`{method}` request to `{}`", operation.path))
    });
    let mut call = format!("let response = client\n    .{method}()\n");
    for (_, parameter) in operation
        .map(|operation| context.document.parameters(operation))
        .unwrap_or_default()
    {
        if parameter["required"] == true
            && let (Some(name), Some(example)) =
                (parameter["name"].as_str(), parameter.get("example"))
        {
            let setter = heck::AsSnakeCase(name);
            // Writing to a String cannot fail.
            let _ = writeln!(call, "    .{setter}({example})");
        }
    }
    format!(
        "```no_run\n\
         # async fn example(client: imagekit_client::Client) -> Result<(), imagekit_client::Error> {{\n\
         {call}    .send()\n    .await?;\n\
         # Ok(())\n# }}\n```"
    )
}

fn define_replacements(file: &mut File, context: &Context<'_>) -> Result<usize, String> {
    let types = module(&mut file.items, "types")?;
    for Replacement { name, definition } in context.replacements {
        let defined = types.iter().any(|item| match item {
            Item::Struct(item) => item.ident == name,
            Item::Enum(item) => item.ident == name,
            _ => false,
        });
        if defined {
            return Err(format!("progenitor has generated `{name}` itself"));
        }
        let definition: File =
            syn::parse2(definition.clone()).map_err(|error| format!("{name}: {error}"))?;
        types.extend(definition.items);
    }
    Ok(context.replacements.len())
}

fn module<'a>(items: &'a mut [Item], name: &str) -> Result<&'a mut Vec<Item>, String> {
    items
        .iter_mut()
        .find_map(|item| match item {
            Item::Mod(ItemMod {
                ident,
                content: Some((_, items)),
                ..
            }) if ident == name => Some(items),
            _ => None,
        })
        .ok_or_else(|| format!("there is no module `{name}`"))
}

/// The functions of all builders of operations.
fn builder_functions(file: &mut File) -> Result<impl Iterator<Item = &mut ImplItemFn>, String> {
    let items = module(&mut file.items, "builder")?;
    Ok(items
        .iter_mut()
        .filter_map(|item| match item {
            Item::Impl(item) => Some(&mut item.items),
            _ => None,
        })
        .flatten()
        .filter_map(|item| match item {
            ImplItem::Fn(function) => Some(function),
            _ => None,
        }))
}

fn documentation(attributes: &[Attribute]) -> String {
    let lines = attributes
        .iter()
        .filter_map(|attribute| match &attribute.meta {
            syn::Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
                Expr::Lit(syn::ExprLit {
                    lit: syn::Lit::Str(text),
                    ..
                }) => Some(text.value()),
                _ => None,
            },
            _ => None,
        });
    lines.collect::<Vec<_>>().join("\n")
}

fn is_named(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == name))
}

fn first_argument(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}
