//! Changes the contract in one way at a time, and expects `compare` to judge just that.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::{DOCUMENT, edit, whole_workspace, workspace, xtask};

/// One change: how, the text before and after it, its effect, and the line about it.
type Changed = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const CHANGED: &[Changed] = &[
    (
        "an operation is added",
        "\ncomponents:\n  securitySchemes",
        "\n  /v1/files/{fileId}/details:\n    get:\n      operationId: getFileDetails\n      summary: Get the details of a file\n      description: Returns everything about the current version.\n      parameters:\n        - $ref: '#/components/parameters/FileId'\n      responses:\n        '200':\n          $ref: '#/components/responses/FileVersion'\n        '4XX':\n          $ref: '#/components/responses/ClientError'\n        '5XX':\n          $ref: '#/components/responses/ServerError'\n\ncomponents:\n  securitySchemes",
        "Compatible",
        "operation `getFileDetails` (GET /v1/files/{fileId}/details): is new",
    ),
    (
        "the id of an operation changes",
        "operationId: getFileVersionDetails",
        "operationId: getVersion",
        "Breaking",
        "operation `getVersion` (GET /v1/files/{fileId}/versions/{versionId}): was called `getFileVersionDetails`; the method in Rust has its new name",
    ),
    (
        "an optional parameter is added",
        "        - $ref: '#/components/parameters/VersionId'\n",
        "        - $ref: '#/components/parameters/VersionId'\n        - name: fields\n          in: query\n          description: Which properties to send.\n          required: false\n          schema:\n            type: string\n          example: '\"name\"'\n",
        "Compatible",
        "parameter `fields` of operation `getFileVersionDetails` (GET /v1/files/{fileId}/versions/{versionId}): is new and optional",
    ),
    (
        "a required parameter is added",
        "        - $ref: '#/components/parameters/VersionId'\n",
        "        - $ref: '#/components/parameters/VersionId'\n        - name: fields\n          in: query\n          description: Which properties to send.\n          required: true\n          schema:\n            type: string\n          example: '\"name\"'\n",
        "Breaking",
        "parameter `fields` of operation `getFileVersionDetails` (GET /v1/files/{fileId}/versions/{versionId}): is new and required",
    ),
    (
        "a request body is added",
        "      parameters:\n        - $ref: '#/components/parameters/FileId'\n",
        "      requestBody:\n        required: true\n        content:\n          application/json:\n            schema:\n              $ref: '#/components/schemas/VersionInfo'\n      parameters:\n        - $ref: '#/components/parameters/FileId'\n",
        "Breaking",
        "request body of operation `getFileVersionDetails` (GET /v1/files/{fileId}/versions/{versionId}): is new, and always sent",
    ),
    (
        "an error is no longer described",
        "        '5XX':\n          $ref: '#/components/responses/ServerError'\n",
        "",
        "Needs review",
        "response 5XX of operation `getFileVersionDetails` (GET /v1/files/{fileId}/versions/{versionId}): is no longer described",
    ),
    (
        "a property of a response is added",
        "        mime:\n          type: string\n",
        "        colour:\n          type: string\n          description: The main colour.\n        mime:\n          type: string\n",
        "Compatible",
        "`FileVersion.colour`: is new",
    ),
    (
        "a property of a response is removed",
        "        videoCodec:\n          type: string\n          description: The codec of the video stream, such as `h264`. Present for videos only.\n",
        "",
        "Breaking",
        "`FileVersion.videoCodec`: was removed",
    ),
    (
        "an optional property may be null",
        "        mime:\n          type: string\n",
        "        mime:\n          type: string\n          nullable: true\n",
        "Needs review",
        "`FileVersion.mime`: may be null now",
    ),
    (
        "a required property may be null",
        "        name:\n          type: string\n          description: >-\n            The name of the file,",
        "        name:\n          type: string\n          nullable: true\n          description: >-\n            The name of the file,",
        "Breaking",
        "`FileVersion.name`: may be null now; in Rust it is an `Option` now",
    ),
    (
        "an optional property may not be null any more",
        "        customCoordinates:\n          type: string\n          nullable: true\n",
        "        customCoordinates:\n          type: string\n",
        "Needs review",
        "`FileVersion.customCoordinates`: may not be null any more",
    ),
    (
        "an optional list may not be null any more",
        "        tags:\n          type: array\n          nullable: true\n",
        "        tags:\n          type: array\n",
        "Breaking",
        "`FileVersion.tags`: may not be null any more; in Rust it is no longer an `Option`",
    ),
    (
        "a property of a response loses `required`",
        "        - filePath\n        - url\n",
        "        - filePath\n",
        "Breaking",
        "`FileVersion.url`: may be absent now; in Rust it is an `Option` now",
    ),
    (
        "a property of a response becomes required",
        "        - filePath\n        - url\n",
        "        - filePath\n        - url\n        - mime\n",
        "Breaking",
        "`FileVersion.mime`: is required now; in Rust it is no longer an `Option`",
    ),
    (
        "a property gets another type",
        "        size:\n          type: integer\n          format: int64\n",
        "        size:\n          type: string\n",
        "Breaking",
        "`FileVersion.size`: is a string now, and was an integer",
    ),
    (
        "a property gets another format",
        "        mime:\n          type: string\n",
        "        mime:\n          type: string\n          format: date-time\n",
        "Breaking",
        r#"`FileVersion.mime`: has the format "date-time" now, and had null"#,
    ),
    (
        "the items of a list get another type",
        "          items:\n            $ref: '#/components/schemas/AiTag'\n",
        "          items:\n            $ref: '#/components/schemas/VersionInfo'\n",
        "Breaking",
        "`FileVersion.AITags[]`: is a `VersionInfo` now, and was a `AiTag`",
    ),
    (
        "a value of an enum is added",
        "            - non-image\n",
        "            - non-image\n            - video\n",
        "Compatible",
        "`FileType`: has the new value `video`",
    ),
    (
        "a value of an enum is removed",
        "            - image\n            - non-image\n",
        "            - image\n",
        "Breaking",
        "`FileType`: has lost the value `non-image`, and its variant in Rust",
    ),
    (
        "the pattern of an id changes",
        "      minLength: 1\n",
        "      minLength: 2\n",
        "Needs review",
        "`FileId`: has another `minLength`: `2` instead of `1`",
    ),
    (
        "a header is no longer described",
        "        x-ik-requestId:\n          $ref: '#/components/headers/RequestId'\n",
        "",
        "Needs review",
        "header `x-ik-requestid` of response 200 of operation `getFileVersionDetails` (GET /v1/files/{fileId}/versions/{versionId}): is no longer described",
    ),
    (
        "the server changes",
        "https://api.imagekit.io\n",
        "https://api.imagekit.example\n",
        "Needs review",
        "the document: has another `servers`: ",
    ),
    (
        "authentication changes",
        "      scheme: basic\n",
        "      scheme: bearer\n",
        "Needs review",
        "authentication: has another `privateKey`: ",
    ),
    (
        "a description changes",
        "title: ImageKit API\n",
        "title: The ImageKit API\n",
        "Compatible",
        "descriptions and examples: changed in 1 place\n",
    ),
];

#[test]
fn every_change_is_judged() {
    for (how, from, to, effect, line) in CHANGED {
        let workspace = workspace();
        let root = workspace.path();
        let before = root.join("before.yaml");
        fs::copy(root.join(DOCUMENT), &before).unwrap();
        edit(root, from, to);

        let output = xtask(root, &["compare", before.to_str().unwrap()]);
        let stdout = String::from_utf8(output.stdout).unwrap();
        let (_, section) = stdout
            .split_once(&format!("### {effect}\n"))
            .unwrap_or_else(|| panic!("{how}: {stdout}"));
        let section = section.split("###").next().unwrap();
        assert!(section.contains(&format!("- {line}")), "{how}: {stdout}");
        let is_breaking = *effect == "Breaking";
        assert_eq!(
            output.status.code(),
            Some(if is_breaking { 2 } else { 0 }),
            "{how}"
        );
    }
}

#[test]
fn the_other_way_round_an_operation_or_a_parameter_is_removed() {
    for (how, from, to, ..) in &CHANGED[..4] {
        let workspace = workspace();
        let root = workspace.path();
        let after = root.join("after.yaml");
        fs::copy(root.join(DOCUMENT), &after).unwrap();
        edit(root, from, to);
        let before = root.join("before.yaml");
        fs::rename(root.join(DOCUMENT), &before).unwrap();
        fs::rename(&after, root.join(DOCUMENT)).unwrap();
        let output = xtask(root, &["compare", before.to_str().unwrap()]);
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(2), "{how}: {stdout}");
    }
}

#[test]
fn requests_are_judged_the_other_way() {
    // VersionInfo is sent as well as received once it is a request body.
    let workspace = workspace();
    let root = workspace.path();
    let (_, parameters, body, ..) = CHANGED[4];
    edit(root, parameters, body);
    let before = root.join("before.yaml");
    fs::copy(root.join(DOCUMENT), &before).unwrap();
    edit(
        root,
        "      required:\n        - id\n      properties:\n",
        "      required:\n        - id\n        - by\n      properties:\n        by:\n          type: string\n          description: Who made it.\n",
    );
    let output = xtask(root, &["compare", before.to_str().unwrap()]);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        stdout,
        "### Breaking\n\n- `VersionInfo.by`: is new and required\n"
    );
}

#[test]
fn what_has_not_changed_is_not_reported() {
    let workspace = workspace();
    let document = workspace.path().join(DOCUMENT);
    let output = xtask(workspace.path(), &["compare", document.to_str().unwrap()]);
    assert_eq!(output.stdout, b"the contract has not changed\n");
    assert!(output.status.success());
}

#[test]
fn programs_get_json_and_github_gets_annotations() {
    let workspace = workspace();
    let root = workspace.path();
    let before = root.join("before.yaml");
    fs::copy(root.join(DOCUMENT), &before).unwrap();
    edit(
        root,
        "            - image\n            - non-image\n",
        "            - image\n            - video\n",
    );
    let compare = |format| {
        let arguments = ["compare", before.to_str().unwrap(), "--format", format];
        String::from_utf8(xtask(root, &arguments).stdout).unwrap()
    };
    let json: Value = serde_json::from_str(&compare("json")).unwrap();
    assert_eq!(json["changes"][0]["effect"], "breaking");
    assert_eq!(json["changes"][0]["place"], "`FileType`");
    assert_eq!(json["changes"][1]["effect"], "compatible");
    let annotations = compare("github");
    assert!(
        annotations.starts_with("::error file=openapi/imagekit.yaml,title=Breaking::`FileType`"),
        "{annotations}"
    );
    assert!(annotations.contains("\n::notice "), "{annotations}");
}

#[test]
fn what_is_neither_a_file_nor_a_commit_is_said() {
    let workspace = workspace();
    let output = xtask(workspace.path(), &["compare", "no-such-thing"]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        message.starts_with("error: `no-such-thing` is neither a file nor a commit"),
        "{message}"
    );
}

#[test]
fn the_contract_as_it_was_can_come_from_git() {
    let workspace = workspace();
    let root = workspace.path();
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.current_dir(root)
            .args(["-c", "user.name=T", "-c", "user.email=t@example.org"]);
        assert!(
            git.args(arguments).status().unwrap().success(),
            "git {arguments:?}"
        );
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "The contract"]);
    edit(
        root,
        "        - filePath\n        - url\n",
        "        - filePath\n",
    );
    let output = xtask(root, &["compare", "HEAD"]);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        stdout,
        "### Breaking\n\n- `FileVersion.url`: may be absent now; in Rust it is an `Option` now\n"
    );
}

#[test]
fn compare_with_what_is_not_a_whole_document_is_refused() {
    let workspace = workspace();
    let root = workspace.path();
    let whole = fs::read_to_string(root.join(DOCUMENT)).unwrap();
    let cut = &whole[..whole.find("  schemas:").unwrap()];
    for (how, text) in [
        ("empty", ""),
        ("an error page", "404: Not Found"),
        ("an empty object", "{}"),
        ("paths of another kind", "paths: 5"),
        (
            "a pointer of Git LFS",
            "version: https://git-lfs.github.com/spec/v1\nsize: 5\n",
        ),
        ("Swagger 2", "swagger: '2.0'\npaths: {}\n"),
        ("no operations", "openapi: 3.0.3\npaths: {}\n"),
        ("cut in the middle", cut),
    ] {
        let old = root.join("old.yaml");
        fs::write(&old, text).unwrap();
        let output = xtask(root, &["compare", old.to_str().unwrap()]);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{how}: {message}");
        assert!(message.starts_with("error: "), "{how}: {message}");
    }
}

/// A parameter that becomes optional pleases a server, and breaks who passes it as an argument.
#[test]
fn compare_is_never_milder_than_what_is_generated() {
    let workspace = whole_workspace();
    let root = workspace.path();
    let before = root.join("before.yaml");
    fs::copy(root.join(DOCUMENT), &before).unwrap();
    let compare = || {
        let output = xtask(root, &["compare", before.to_str().unwrap()]);
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    let required = "        - name: startDate\n          in: query\n          required: true\n";
    edit(
        root,
        required,
        &required.replace("          required: true\n", ""),
    );
    let (code, stdout) = compare();
    assert_eq!(code, Some(0), "{stdout}");
    assert!(
        stdout.contains("### Needs review\n\n- the generated client: was not compared"),
        "{stdout}"
    );

    edit(
        root,
        "x-arguments: [startDate, endDate]",
        "x-arguments: [endDate]",
    );
    let (code, stdout) = compare();
    assert_eq!(code, Some(2), "{stdout}");
    assert!(stdout.contains("takes other arguments in Rust"), "{stdout}");
}

#[test]
fn compare_of_swapped_path_parameters_is_breaking() {
    let workspace = workspace();
    let root = workspace.path();
    let before = root.join("before.yaml");
    fs::copy(root.join(DOCUMENT), &before).unwrap();
    edit(
        root,
        "/v1/files/{fileId}/versions/{versionId}",
        "/v1/files/{versionId}/versions/{fileId}",
    );
    let output = xtask(root, &["compare", before.to_str().unwrap()]);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stdout}");
    assert!(stdout.contains("in another order"), "{stdout}");
}

#[test]
fn compare_of_a_server_with_another_description_is_compatible() {
    let workspace = workspace();
    let root = workspace.path();
    let before = root.join("before.yaml");
    fs::copy(root.join(DOCUMENT), &before).unwrap();
    let text = fs::read_to_string(root.join(DOCUMENT)).unwrap();
    let place = text.find("\nservers:").unwrap();
    let (head, tail) = text.split_at(place);
    let tail = tail.replacen("description: ", "description: Another, ", 1);
    fs::write(root.join(DOCUMENT), format!("{head}{tail}")).unwrap();
    let output = xtask(root, &["compare", before.to_str().unwrap()]);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        stdout,
        "### Compatible\n\n- descriptions and examples: changed in 1 place\n"
    );
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let workspace = workspace();
    let root = workspace.path();
    let mut child = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("validate")
        .env("CARGO_MANIFEST_DIR", root.join("xtask"))
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}
