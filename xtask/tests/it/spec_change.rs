//! The story of a change of the document, from the edit to a program that uses it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{DOCUMENT, edit, target, xtask};

/// What a user writes against the client once the change has been generated.
const PROGRAM: &str = r##"
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use imagekit_client::Client;
use imagekit_client::types::FileVersionType;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let server = std::thread::spawn(move || -> std::io::Result<String> {
        let (mut stream, _) = listener.accept()?;
        let mut request = Vec::new();
        let mut chunk = [0; 1024];
        while !request.ends_with(b"\r\n\r\n") {
            let count = stream.read(&mut chunk)?;
            request.extend_from_slice(&chunk[..count]);
        }
        let body = r#"{"fileId":"f","name":"n","filePath":"/n","url":"u","type":"archived","mainColor":"green"}"#;
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
        Ok(String::from_utf8_lossy(&request).lines().next().unwrap_or_default().to_owned())
    });
    // It is built without TLS, and says so before a key is sent in the clear or a call fails.
    let without_tls = Client::builder().private_key("private_test").build().unwrap_err();
    assert!(without_tls.to_string().contains("enable the feature `rustls`"), "{without_tls}");
    let client = Client::builder().private_key("private_test").base_url(url).build()?;
    let refused = client.archive_file("").send().await.unwrap_err();
    assert!(refused.operation().is_some_and(|operation| operation.is_idempotent()));
    let file = client.get_file_summary("598821f949c0a938d57563bd").send().await?;
    assert_eq!(file.type_, Some(FileVersionType::Archived));
    let request = server.join().map_err(|_| "the server failed")??;
    println!("{request}: {}", file.main_color.as_deref().unwrap_or_default());
    shelves().await
}

/// A union in a list of pages, and a property of a request that has three states.
async fn shelves() -> Result<(), Box<dyn std::error::Error>> {
    use imagekit_client::types::{Shelf, ShelfColor};

    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let server = std::thread::spawn(move || -> std::io::Result<Vec<String>> {
        let mut seen = Vec::new();
        for body in [
            r#"[{"kind":"open","boards":3},{"kind":"glass","lock":"l"}]"#,
            r#"[{"kind":"hanging","hooks":2}]"#,
            "",
            "",
        ] {
            let (mut stream, _) = listener.accept()?;
            let mut request = Vec::new();
            let mut chunk = [0; 4096];
            loop {
                let count = stream.read(&mut chunk)?;
                request.extend_from_slice(&chunk[..count]);
                let text = String::from_utf8_lossy(&request);
                let Some((head, sent)) = text.split_once("\r\n\r\n") else { continue };
                let length = head.to_lowercase().split_once("content-length: ").map_or(0, |(_, it)| {
                    it.lines().next().and_then(|it| it.parse().ok()).unwrap_or(0)
                });
                if sent.len() == length {
                    let line = head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1");
                    seen.push(format!("{line} {sent}"));
                    break;
                }
            }
            write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
        }
        Ok(seen)
    });
    let client = Client::builder().private_key("private_test").base_url(url).build()?;
    let all = client.list_shelves().color(ShelfColor::Red).limit(2).items().collect().await?;
    let told: Vec<String> = all
        .iter()
        .map(|shelf| match shelf {
            Shelf::Open(open) => format!("{:?} boards", open.boards),
            Shelf::Glass(glass) => format!("lock {:?}", glass.lock),
            Shelf::Unknown(unknown) => format!("unknown {:?}", unknown.tag()),
            _ => "another".to_owned(),
        })
        .collect();
    println!("{}", told.join(", "));
    client.label_shelf("598821f949c0a938d57563bd").clear_label().send().await?;
    client.label_shelf("598821f949c0a938d57563bd").label("A").color("pink").send().await?;
    for request in server.join().map_err(|_| "the server failed")?? {
        println!("{request}");
    }
    Ok(())
}
"##;

/// What else a document of tomorrow may hold: a paged list of an open union, and three states.
const SHELVES: &str = "  /v1/shelves:
    get:
      operationId: listShelves
      x-pages:
        offset: skip
        limit: limit
      tags:
        - Files
      summary: Lists the shelves
      description: Returns the shelves of the library. Idempotent, as it only reads.
      parameters:
        - name: color
          in: query
          description: Only shelves of this colour.
          schema:
            $ref: '#/components/schemas/ShelfColor'
        - name: skip
          in: query
          description: The number of shelves to leave out.
          schema:
            type: integer
            format: int64
        - name: limit
          in: query
          description: The largest number of shelves to return.
          schema:
            type: integer
            format: int64
            maximum: 2
      responses:
        '200':
          description: The shelves.
          content:
            application/json:
              schema:
                type: array
                items:
                  $ref: '#/components/schemas/Shelf'
              example: [{kind: open, boards: 3}]
        '4XX':
          $ref: '#/components/responses/ClientError'
        '5XX':
          $ref: '#/components/responses/ServerError'

  /v1/shelves/{fileId}:
    patch:
      operationId: labelShelf
      x-idempotent: true
      tags:
        - Files
      summary: Labels a shelf
      description: Changes what stands on a shelf. Idempotent, as the label is the same afterwards.
      parameters:
        - $ref: '#/components/parameters/FileId'
      requestBody:
        required: true
        content:
          application/json:
            schema:
              $ref: '#/components/schemas/LabelShelfRequest'
            example: {label: A}
      responses:
        '200':
          description: It is labelled.
        '4XX':
          $ref: '#/components/responses/ClientError'
        '5XX':
          $ref: '#/components/responses/ServerError'

";

const SHELF_SCHEMAS: &str = "  schemas:
    GlassShelf:
      type: object
      description: A shelf behind glass.
      properties:
        kind:
          type: string
          description: What tells shelves apart.
          enum:
            - glass
        lock:
          type: string
          description: The name of its lock.
    LabelShelfRequest:
      type: object
      description: What stands on a shelf.
      properties:
        color:
          description: Its colour.
          allOf:
            - $ref: '#/components/schemas/ShelfColor'
        label:
          type: string
          nullable: true
          description: The text on it. Null takes it away.
    OpenShelf:
      type: object
      description: A shelf in the open.
      properties:
        kind:
          type: string
          description: What tells shelves apart.
          enum:
            - open
        boards:
          type: integer
          format: int64
          description: The number of its boards.
    Shelf:
      description: A shelf. More kinds may come.
      x-open: true
      anyOf:
        - $ref: '#/components/schemas/OpenShelf'
        - $ref: '#/components/schemas/GlassShelf'
      discriminator:
        propertyName: kind
        mapping:
          open: '#/components/schemas/OpenShelf'
          glass: '#/components/schemas/GlassShelf'
    ShelfColor:
      description: The colour of a shelf. More values may come.
      anyOf:
        - type: string
          enum:
            - red
        - type: string
      x-enum-descriptions:
        red: It is red.
";

const OPERATION: &str = "  /v1/files/{fileId}/summary:
    get:
      operationId: getFileSummary
      tags:
        - File versions
      summary: Gets the summary of a file
      description: Returns what matters about the current version. Idempotent, as it only reads.
      parameters:
        - $ref: '#/components/parameters/FileId'
      responses:
        '200':
          $ref: '#/components/responses/FileVersion'
        '4XX':
          $ref: '#/components/responses/ClientError'
        '5XX':
          $ref: '#/components/responses/ServerError'
    put:
      operationId: archiveFile
      x-idempotent: true
      tags:
        - File versions
      summary: Archives a file
      description: Puts the file away. Idempotent, as nothing changes if it is sent twice.
      parameters:
        - $ref: '#/components/parameters/FileId'
      responses:
        '200':
          $ref: '#/components/responses/FileVersion'
        '4XX':
          $ref: '#/components/responses/ClientError'
        '5XX':
          $ref: '#/components/responses/ServerError'

";

#[test]
fn a_change_of_the_document_is_checked_judged_generated_and_used() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    // It stays, so that nothing is compiled twice.
    let place = source.join("target/spec-change");
    let workspace = place.join("workspace");
    let _ = fs::remove_dir_all(&workspace);
    copy(source, &workspace);
    let before = place.join("before.yaml");
    fs::copy(workspace.join(DOCUMENT), &before).unwrap();

    // A property, a value of an enum and an operation are added.
    edit(
        &workspace,
        "        mime:\n          type: string\n",
        "        mainColor:\n          type: string\n          description: The name of the color \
         that most of the image has.\n        mime:\n          type: string\n",
    );
    edit(
        &workspace,
        "            - file-version\n        - type: string\n",
        "            - file-version\n            - archived\n        - type: string\n",
    );
    edit(
        &workspace,
        "        file-version: An earlier version.\n",
        "        file-version: An earlier version.\n        archived: A version in cold storage.\n",
    );
    edit(
        &workspace,
        "x-webhooks:\n",
        &format!("{OPERATION}{SHELVES}x-webhooks:\n"),
    );
    edit(&workspace, "\n  schemas:\n", &format!("\n{SHELF_SCHEMAS}"));
    let (success, said) = run(&workspace, &["validate"]);
    assert_eq!(
        (success, said.as_str()),
        (Some(0), "the contract is valid\n")
    );
    let (success, said) = run(&workspace, &["compare", before.to_str().unwrap()]);
    assert_eq!(success, Some(0), "{said}");
    assert_eq!(
        said,
        "### Compatible\n\n\
         - `File.mainColor`: is new\n\
         - `FileVersionType`: has the new value `archived`\n\
         - `GlassShelf`: is new\n\
         - `LabelShelfRequest`: is new\n\
         - `OpenShelf`: is new\n\
         - `ShelfColor`: is new\n\
         - `Shelf`: is new\n\
         - descriptions and examples: changed in 1 place\n\
         - operation `archiveFile` (PUT /v1/files/{fileId}/summary): is new\n\
         - operation `getFileSummary` (GET /v1/files/{fileId}/summary): is new\n\
         - operation `labelShelf` (PATCH /v1/shelves/{fileId}): is new\n\
         - operation `listShelves` (GET /v1/shelves): is new\n"
    );

    // The client knows them after nothing but `generate`.
    assert_eq!(run(&workspace, &["generate", "--check"]).0, Some(1));
    assert_eq!(run(&workspace, &["generate"]).0, Some(0));
    assert_eq!(run(&workspace, &["generate", "--check"]).0, Some(0));
    fs::create_dir_all(workspace.join("client/examples")).unwrap();
    fs::write(workspace.join("client/examples/spec_change.rs"), PROGRAM).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--locked", "--package", "imagekit-client"])
        .args(["--no-default-features", "--example", "spec_change"])
        .current_dir(&workspace)
        .env("CARGO_TARGET_DIR", target())
        .env_remove("CARGO_MANIFEST_DIR")
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        said,
        "GET /v1/files/598821f949c0a938d57563bd/summary HTTP/1.1: green\n\
         Some(3) boards, lock Some(\"l\"), unknown Some(\"hanging\")\n\
         GET /v1/shelves?color=red&skip=0&limit=2 \n\
         GET /v1/shelves?color=red&skip=2&limit=2 \n\
         PATCH /v1/shelves/598821f949c0a938d57563bd {\"label\":null}\n\
         PATCH /v1/shelves/598821f949c0a938d57563bd {\"color\":\"pink\",\"label\":\"A\"}\n"
    );

    // Each of them is missed when it goes again.
    let with_all = place.join("with-all.yaml");
    fs::copy(workspace.join(DOCUMENT), &with_all).unwrap();
    fs::copy(&before, workspace.join(DOCUMENT)).unwrap();
    let (success, said) = run(&workspace, &["compare", with_all.to_str().unwrap()]);
    assert_eq!(success, Some(2), "{said}");
    for line in [
        "- `File.mainColor`: was removed\n",
        "- `FileVersionType`: has lost the value `archived`, and its variant in Rust\n",
        "- operation `getFileSummary` (GET /v1/files/{fileId}/summary): was removed\n",
    ] {
        let breaking = said
            .split("### ")
            .find(|section| section.starts_with("Breaking\n"));
        assert!(breaking.unwrap().contains(line), "{said}");
    }
}

fn run(workspace: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = xtask(workspace, arguments);
    (
        output.status.code(),
        String::from_utf8(output.stdout).unwrap(),
    )
}

/// Copies a folder without what is built, hidden, or not a part of the workspace.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let source: PathBuf = entry.unwrap().path();
        let name: &OsStr = source.file_name().unwrap();
        let target = to.join(name);
        if source.is_file() {
            fs::copy(&source, &target).unwrap();
        } else if name != "target" && name != "fuzz" && !name.to_string_lossy().starts_with('.') {
            copy(&source, &target);
        }
    }
}
