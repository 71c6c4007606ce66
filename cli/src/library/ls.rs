//! `ls`, `find` and `get`: what is in the media library.

use std::fmt::Write as _;

use clap::{Args, ValueEnum};
use imagekit_client::search::{Condition, InvalidSearch, field};
use imagekit_openapi::Component;
use serde_json::Value;

use super::asset::{Asset, Listing, Target, folder_path};
use crate::Context;
use crate::completion;
use crate::config::Session;
use crate::exit::{Exit, Failure};
use crate::progress::Progress;
use crate::render::{Column, Format, ListFormat, Rendering, Shape};
use crate::terminal::{BOLD, FAINT, Output, plain};
use crate::words;

#[derive(Args)]
pub(crate) struct Ls {
    /// The folder, or a file.
    #[arg(value_name = "PATH", default_value = "/", add = completion::paths())]
    path: Target,

    #[command(flatten)]
    order: Order,

    /// Show folders and what is in them as a tree.
    #[arg(long, short, conflicts_with_all = ["search", "limit", "csv", "sort", "columns"])]
    tree: bool,

    /// Show only what this search expression finds in the folder, such as `size > "1mb"`.
    #[arg(long, value_name = "EXPRESSION")]
    search: Option<String>,

    #[command(flatten)]
    show: Show,
}

#[derive(Args)]
pub(crate) struct Find {
    /// A search expression, such as `size > "1mb" AND tags IN ["sale"]`.
    #[arg(value_name = "EXPRESSION")]
    expression: Option<String>,

    /// Find names with these words, in any case; the last may be the beginning of one.
    #[arg(long, value_name = "WORDS")]
    name: Option<String>,

    /// Find what has this tag, of people or of AI; given several times, any of them.
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,

    /// Find what is in this folder or below it.
    #[arg(long, value_name = "FOLDER", value_parser = folder_path, add = completion::folders())]
    under: Option<String>,

    #[command(flatten)]
    order: Order,

    #[command(flatten)]
    show: Show,
}

#[derive(Args)]
struct Order {
    /// By what to sort; size and time begin with the largest and the latest.
    #[arg(long, short, value_name = "BY")]
    sort: Option<By>,

    /// Sort the other way round.
    #[arg(long, short)]
    reverse: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum By {
    Name,
    Created,
    Updated,
    Size,
    Height,
    Width,
    Duration,
    Relevance,
}

#[derive(Args)]
struct Show {
    /// List at most so many.
    #[arg(long, short = 'n', value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,

    /// Show these columns: names of properties, such as `name,mime,customMetadata.color`.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', conflicts_with_all = ["json", "field", "template"])]
    columns: Vec<String>,

    #[command(flatten)]
    format: ListFormat,
}

#[derive(Args)]
pub(crate) struct Get {
    /// Files or folders, by path or id.
    #[arg(value_name = "FILE", required = true, add = completion::paths())]
    targets: Vec<Target>,

    #[command(flatten)]
    format: Format,

    /// Show status, request id and rate limit as well; except in the view for people, they go to
    /// standard error.
    #[arg(long, short, help_heading = "Output")]
    include: bool,
}

impl Order {
    fn parameter(&self) -> Option<String> {
        let (downwards, name) = match self.sort {
            None if !self.reverse => return None,
            None | Some(By::Name) => (false, "NAME"),
            Some(By::Created) => (true, "CREATED"),
            Some(By::Updated) => (true, "UPDATED"),
            Some(By::Size) => (true, "SIZE"),
            Some(By::Height) => (true, "HEIGHT"),
            Some(By::Width) => (true, "WIDTH"),
            Some(By::Duration) => (true, "DURATION"),
            Some(By::Relevance) => (true, "RELEVANCE"),
        };
        let direction = if downwards == self.reverse {
            "ASC"
        } else {
            "DESC"
        };
        Some(format!("{direction}_{name}"))
    }
}

pub(crate) async fn ls(ls: Ls, mut context: Context) -> Result<Exit, Failure> {
    let session = Session::start(&mut context).await?;
    let progress = Progress::start(Some(1));
    let folder = match &ls.path {
        Target::Path {
            path,
            is_folder: true,
        } => path.clone(),
        target => {
            let asset = session.asset(target).await?;
            if !asset.is_folder() {
                drop(progress);
                return print(vec![asset], ls.show, &context);
            }
            asset.path().to_owned()
        }
    };
    if ls.tree {
        let assets = session.walk(&folder).await?;
        drop(progress);
        if ls.show.format.is_for_programs() {
            return print(assets, ls.show, &context);
        }
        context
            .output
            .write(tree(&folder, &assets, &context.output))?;
        return Ok(Exit::Fine);
    }
    let is_sorted = ls.order.sort.is_some();
    let listing = Listing {
        folder: Some(folder.clone()),
        kind: Some("all"),
        sort: Some(
            ls.order
                .parameter()
                .unwrap_or_else(|| "ASC_NAME".to_owned()),
        ),
        search: ls.search,
        limit: ls.show.limit,
    };
    let mut assets = session.list(&listing).await?;
    if assets.is_empty()
        && listing.search.is_none()
        && session.by_path(&folder, true).await?.is_none()
    {
        // ImageKit lists nothing in a folder that does not exist.
        return Err(super::asset::missing(&folder));
    }
    drop(progress);
    if !is_sorted {
        assets.sort_by_key(|asset| !asset.is_folder());
    }
    print(assets, ls.show, &context)
}

pub(crate) async fn find(find: Find, mut context: Context) -> Result<Exit, Failure> {
    let search = find.search()?;
    let session = Session::start(&mut context).await?;
    let progress = Progress::start(Some(1));
    let listing = Listing {
        sort: find.order.parameter(),
        search: Some(search),
        limit: find.show.limit,
        ..Listing::default()
    };
    let assets = session.list(&listing).await?;
    drop(progress);
    if assets.is_empty() && !find.show.format.is_for_programs() {
        return Err(Failure::new(Exit::NotFound, "nothing was found"));
    }
    let mut show = find.show;
    if show.columns.is_empty() && !show.format.is_for_programs() {
        show.columns = ["path", "size", "dimensions", "updated", "id"]
            .map(str::to_owned)
            .into();
    }
    print(assets, show, &context)
}

impl Find {
    fn search(&self) -> Result<String, Failure> {
        let conditions = || -> Result<Vec<Condition>, InvalidSearch> {
            let mut all = Vec::new();
            if let Some(name) = &self.name {
                all.push(field("name").has(name.as_str())?);
            }
            if !self.tag.is_empty() {
                all.push(field("tags").is_in(self.tag.iter().map(String::as_str))?);
            }
            if let Some(folder) = &self.under {
                all.push(field("path").starts_with(folder.as_str())?);
            }
            Ok(all)
        };
        let conditions = conditions().map_err(|error| Failure::usage(error.to_string()))?;
        let mut parts: Vec<_> = conditions.iter().map(ToString::to_string).collect();
        if let Some(expression) = &self.expression {
            let alone = parts.is_empty();
            parts.push(if alone {
                expression.clone()
            } else {
                format!("({expression})")
            });
        }
        if parts.is_empty() {
            return Err(Failure::usage("there is nothing to search for")
                .try_this("give an expression, or --name, --tag or --under"));
        }
        Ok(parts.join(" AND "))
    }
}

pub(crate) async fn get(get: Get, mut context: Context) -> Result<Exit, Failure> {
    let session = Session::start(&mut context).await?;
    let output = &context.output;
    let several = get.targets.len() > 1;
    let mut rendering = Rendering::new(get.format, context.now)
        .include(get.include)
        .several(several);
    for target in &get.targets {
        let progress = Progress::start(Some(1));
        let asset = match target {
            Target::Path { .. } => Some(session.asset(target).await?),
            Target::Id(_) => None,
        };
        let rendered = match asset {
            Some(folder) if folder.is_folder() => rendering.of_json(
                folder.json.get().as_bytes(),
                Shape::of("Folder"),
                &[],
                output,
            )?,
            found => {
                let id = match (&found, target) {
                    (Some(file), _) => file.id(),
                    (None, Target::Id(id)) => id,
                    (None, _) => "",
                };
                let response = session.details(id)?.send().await?;
                rendering.of(&response, Shape::of("File"), output)?
            }
        };
        drop(progress);
        rendered.write(output)?;
    }
    rendering.check_fields()?;
    Ok(Exit::Fine)
}

fn print(assets: Vec<Asset>, show: Show, context: &Context) -> Result<Exit, Failure> {
    let mut columns = show.columns;
    let mut rendering = show.format.rendering(context.now);
    if !show.format.is_for_programs() && columns.is_empty() {
        columns = ["name", "size", "dimensions", "updated", "id"]
            .map(str::to_owned)
            .into();
    }
    if !columns.is_empty() {
        rendering = rendering
            .columns(move |component| columns.iter().map(|name| column(component, name)).collect());
    }
    show.format.print(
        rendering,
        assets.iter().map(|it| &*it.json),
        Shape::of("Asset"),
        context,
    )
}

/// A column by the short name that `ls` has for it, or by the name of a property.
fn column(component: &'static Component, name: &str) -> Column {
    match name {
        "name" => Column::computed("Name", name_of),
        "path" => Column::computed("Path", |it| property(it, "filePath", "folderPath")),
        "id" => Column::computed("Id", |it| property(it, "fileId", "folderId")),
        "dimensions" => Column::computed("Dimensions", dimensions),
        "size" => Column::of(Some(component), "size").titled("Size"),
        "updated" => Column::of(Some(component), "updatedAt").titled("Updated"),
        "created" => Column::of(Some(component), "createdAt").titled("Created"),
        name => Column::of(Some(component), name),
    }
}

fn name_of(asset: &Value) -> String {
    let name = asset["name"].as_str().unwrap_or_default();
    let end = if asset["type"] == "folder" { "/" } else { "" };
    format!("{name}{end}")
}

fn property(asset: &Value, of_file: &str, of_folder: &str) -> String {
    let (name, end) = match asset["type"] == "folder" {
        true => (of_folder, if of_folder == "folderPath" { "/" } else { "" }),
        false => (of_file, ""),
    };
    format!("{}{end}", asset[name].as_str().unwrap_or_default())
}

fn dimensions(asset: &Value) -> String {
    match (asset["width"].as_u64(), asset["height"].as_u64()) {
        (Some(width), Some(height)) => format!("{width} × {height} px"),
        _ => String::new(),
    }
}

/// Draws what is below a folder. Each folder stands before what is in it.
fn tree(folder: &str, assets: &[Asset], output: &Output) -> String {
    let mut text = format!("{}\n", output.paint(BOLD, plain(folder)));
    let depth_of = |path: &str| path.trim_end_matches('/').matches('/').count();
    let root = depth_of(folder);
    let depths: Vec<_> = assets.iter().map(|it| depth_of(it.path()) - root).collect();
    for (index, asset) in assets.iter().enumerate() {
        let depth = depths[index];
        // A line goes on at a depth if something follows there before the tree gets shallower.
        let goes_on = |at: usize| {
            let mut rest = depths[index + 1..].iter();
            rest.find(|it| **it <= at).is_some_and(|it| *it == at)
        };
        let mut lines = String::new();
        for at in 1..depth {
            lines.push_str(if goes_on(at) { "│   " } else { "    " });
        }
        lines.push_str(if goes_on(depth) {
            "├── "
        } else {
            "└── "
        });
        let name = name_of(&asset.value);
        let style = if asset.is_folder() {
            BOLD
        } else {
            crate::terminal::PLAIN
        };
        let size = asset.size().and_then(|size| i64::try_from(size).ok());
        let size = size.map_or_else(String::new, |size| format!("  {}", words::bytes(size).0));
        let _ = writeln!(
            text,
            "{}{}{}",
            output.paint(FAINT, lines),
            output.paint(style, plain(&name)),
            output.paint(FAINT, size)
        );
    }
    let folders = assets.iter().filter(|it| it.is_folder()).count();
    let files = assets.len() - folders;
    let _ = writeln!(
        text,
        "{}, {}",
        words::counted(folders, "folder"),
        words::counted(files, "file")
    );
    text
}
