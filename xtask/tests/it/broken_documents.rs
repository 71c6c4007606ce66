//! Breaks the contract in one way at a time, and expects `validate` to find just that.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::{DOCUMENT, workspace, xtask};

/// One way to break the contract: a text in a file that is replaced, and what is to be said about it.
struct Broken {
    how: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
    rule: &'static str,
    pointer: &'static str,
    message: &'static str,
}

const fn document(
    how: &'static str,
    from: &'static str,
    to: &'static str,
    (rule, pointer, message): (&'static str, &'static str, &'static str),
) -> Broken {
    Broken {
        how,
        file: DOCUMENT,
        from,
        to,
        rule,
        pointer,
        message,
    }
}

const BROKEN: &[Broken] = &[
    document(
        "a key twice in one object",
        "  title: ImageKit API\n",
        "  title: ImageKit API\n  title: Again\n",
        ("readable", "", "duplicate"),
    ),
    document(
        "a line that is no YAML",
        "  title: ImageKit API\n",
        "  title: ImageKit API\n broken: [\n",
        ("readable", "", ""),
    ),
    document(
        "`type: strin`",
        "        name:\n          type: string\n          description: >-\n            The name of the file,",
        "        name:\n          type: strin\n          description: >-\n            The name of the file,",
        (
            "openapi",
            "/components/schemas/FileVersion/properties/name/type",
            r#""strin""#,
        ),
    ),
    document(
        "a path parameter without `required`",
        "      name: fileId\n      in: path\n      required: true\n",
        "      name: fileId\n      in: path\n",
        ("openapi", "/components/parameters/FileId", "required"),
    ),
    document(
        "a misspelt key of an operation",
        "      summary: Get the details",
        "      sumary: Get the details",
        (
            "openapi",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get",
            "sumary",
        ),
    ),
    document(
        "an answer without a description",
        "      description: The version was found; the body describes it.\n",
        "",
        (
            "openapi",
            "/components/responses/FileVersion",
            "description",
        ),
    ),
    document(
        "`nullable: yes please`",
        "          nullable: true\n          description: >-\n            The area",
        "          nullable: yes please\n          description: >-\n            The area",
        (
            "openapi",
            "/components/schemas/FileVersion/properties/customCoordinates/nullable",
            "boolean",
        ),
    ),
    document(
        "the wrong version of OpenAPI",
        "openapi: 3.0.3",
        "openapi: 3.1.0",
        ("openapi", "/openapi", "3.1.0"),
    ),
    document(
        "a status that is none",
        "        '4XX':\n",
        "        '4YY':\n",
        (
            "openapi",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get/responses",
            "4YY",
        ),
    ),
    document(
        "a `$ref` to nothing",
        "            - $ref: '#/components/schemas/VersionInfo'",
        "            - $ref: '#/components/schemas/VersionInof'",
        (
            "reference",
            "/components/schemas/FileVersion/properties/versionInfo/allOf/0/$ref",
            "`#/components/schemas/VersionInof` leads nowhere",
        ),
    ),
    document(
        "a `$ref` to another file",
        "            - $ref: '#/components/schemas/VersionInfo'",
        "            - $ref: 'other.yaml#/VersionInfo'",
        (
            "reference",
            "/components/schemas/FileVersion/properties/versionInfo/allOf/0/$ref",
            "leads nowhere",
        ),
    ),
    document(
        "a description beside a `$ref`",
        "        - $ref: '#/components/parameters/FileId'\n",
        "        - $ref: '#/components/parameters/FileId'\n          description: ignored\n",
        (
            "reference-alone",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get/parameters/0",
            "`description` stands beside a $ref",
        ),
    ),
    document(
        "an operation without an id",
        "      operationId: getFileVersionDetails\n",
        "",
        (
            "operation-id",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get",
            "has no operationId",
        ),
    ),
    document(
        "one operation id for two operations",
        "\ncomponents:\n  securitySchemes",
        "\n  /v1/files/{fileId}/details:\n    get:\n      operationId: getFileVersionDetails\n      summary: Get the details of a file\n      description: Returns everything about the current version.\n      parameters:\n        - $ref: '#/components/parameters/FileId'\n      responses:\n        '200':\n          $ref: '#/components/responses/FileVersion'\n        '4XX':\n          $ref: '#/components/responses/ClientError'\n        '5XX':\n          $ref: '#/components/responses/ServerError'\n\ncomponents:\n  securitySchemes",
        (
            "operation-id",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get/operationId",
            "`getFileVersionDetails` is the operationId of another operation too",
        ),
    ),
    document(
        "a path parameter that is not declared",
        "        - $ref: '#/components/parameters/VersionId'\n",
        "",
        (
            "path-parameters",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get",
            "the path parameter `versionId` is not declared",
        ),
    ),
    document(
        "a declared parameter that is not in the path",
        "  /v1/files/{fileId}/versions/{versionId}:",
        "  /v1/files/{fileId}/versions/latest:",
        (
            "path-parameters",
            "/paths/~1v1~1files~1{fileId}~1versions~1latest/get/parameters/1",
            "`versionId` does not stand in",
        ),
    ),
    document(
        "a parameter within a segment",
        "  /v1/files/{fileId}/versions/{versionId}:",
        "  /v1/files/{fileId}/versions/v{versionId}:",
        (
            "path-parameters",
            "/paths/~1v1~1files~1{fileId}~1versions~1v{versionId}/get",
            "a whole segment",
        ),
    ),
    document(
        "`required` with a property that is not there",
        "        - filePath\n        - url\n",
        "        - filepath\n        - url\n",
        (
            "required-properties",
            "/components/schemas/FileVersion/required/2",
            "`filepath` is required, but no property has this name",
        ),
    ),
    document(
        "security by a scheme that is not there",
        "security:\n  - privateKey: []",
        "security:\n  - publicKey: []",
        (
            "security-scheme",
            "/security/0",
            "`publicKey` is no security scheme",
        ),
    ),
    document(
        "`servers` in an operation",
        "      operationId: getFileVersionDetails\n",
        "      operationId: getFileVersionDetails\n      servers:\n        - url: https://upload.imagekit.io\n",
        (
            "dropped",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get/servers",
            "`servers` in an operation never reaches the client",
        ),
    ),
    document(
        "`servers` in a path",
        "    get:\n      operationId",
        "    servers:\n      - url: https://upload.imagekit.io\n    get:\n      operationId",
        (
            "dropped",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/servers",
            "one base URL",
        ),
    ),
    document(
        "`maximum` in a schema",
        "          type: number\n          format: double\n          description: >-\n            The width",
        "          type: number\n          maximum: 10000\n          format: double\n          description: >-\n            The width",
        (
            "dropped",
            "/components/schemas/FileVersion/properties/width/maximum",
            "`maximum` in a schema never reaches the client",
        ),
    ),
    document(
        "a query parameter with `explode: false`",
        "        - $ref: '#/components/parameters/VersionId'\n",
        "        - $ref: '#/components/parameters/VersionId'\n        - name: fields\n          in: query\n          description: Which properties to send.\n          explode: false\n          schema:\n            type: string\n",
        (
            "parameters",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get/parameters/2",
            "`fields`: `style: form, explode: false` would be ignored",
        ),
    ),
    document(
        "a cookie",
        "        - $ref: '#/components/parameters/VersionId'\n",
        "        - $ref: '#/components/parameters/VersionId'\n        - name: fields\n          in: cookie\n          description: Which properties to send.\n          required: false\n          schema:\n            type: string\n",
        (
            "parameters",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get/parameters/2",
            "`fields` would be sent in the cookie",
        ),
    ),
    document(
        "a path parameter without a named id",
        "      schema:\n        $ref: '#/components/schemas/VersionId'\n      example: '6978",
        "      schema:\n        type: string\n      example: '6978",
        (
            "parameters",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get/parameters/1",
            "`versionId` is no named id",
        ),
    ),
    document(
        "an answer in XML",
        "      content:\n        application/json:\n          schema:\n            $ref: '#/components/schemas/FileVersion'",
        "      content:\n        application/xml:\n          schema:\n            $ref: '#/components/schemas/FileVersion'",
        (
            "json-bodies",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get/responses/200",
            "the answer 200 is not `application/json` only",
        ),
    ),
    document(
        "a body that may be left out",
        "      parameters:\n        - $ref: '#/components/parameters/FileId'\n",
        "      requestBody:\n        content:\n          application/json:\n            schema:\n              $ref: '#/components/schemas/VersionInfo'\n      parameters:\n        - $ref: '#/components/parameters/FileId'\n",
        (
            "json-bodies",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get/requestBody",
            "the client always sends the body",
        ),
    ),
    document(
        "no answer for the success",
        "        '200':\n          $ref: '#/components/responses/FileVersion'\n",
        "        '304':\n          $ref: '#/components/responses/ClientError'\n",
        (
            "one-answer",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get",
            "no answer for its success",
        ),
    ),
    document(
        "two successes of different types",
        "        '4XX':\n",
        "        '202':\n          $ref: '#/components/responses/ServerError'\n        '4XX':\n",
        (
            "one-answer",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get/responses/202",
            "the answer 202 has another type than 200",
        ),
    ),
    document(
        "an answer for `default`",
        "        '4XX':\n",
        "        default:\n          $ref: '#/components/responses/ClientError'\n        '4XX':\n",
        (
            "one-error",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get/responses/default",
            "`default` would stand for successes too",
        ),
    ),
    document(
        "a second error schema",
        "          $ref: '#/components/responses/ServerError'\n",
        "          $ref: '#/components/responses/FileVersion'\n",
        (
            "one-error",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get/responses/5XX",
            "the error 5XX is a `#/components/schemas/FileVersion`",
        ),
    ),
    document(
        "`oneOf`",
        "          nullable: true\n          description: >-\n            What is wrong with each field",
        "          nullable: true\n          oneOf:\n            - type: string\n          description: >-\n            What is wrong with each field",
        (
            "dropped",
            "/components/schemas/Error/properties/errors/oneOf",
            "`oneOf` in a schema never reaches the client",
        ),
    ),
    document(
        "two schemas under `allOf`",
        "          allOf:\n            - $ref: '#/components/schemas/VersionInfo'\n",
        "          allOf:\n            - $ref: '#/components/schemas/VersionInfo'\n            - $ref: '#/components/schemas/AiTag'\n",
        (
            "compositions",
            "/components/schemas/FileVersion/properties/versionInfo",
            "`allOf` holds anything but one $ref",
        ),
    ),
    document(
        "a format that needs another crate",
        "        mime:\n          type: string\n",
        "        mime:\n          type: string\n          format: uuid\n",
        (
            "rust-types",
            "/components/schemas/FileVersion/properties/mime",
            "the format `uuid` has no type in the client",
        ),
    ),
    document(
        "a pattern of something else than an id",
        "        mime:\n          type: string\n",
        "        mime:\n          type: string\n          pattern: '^[a-z]+/'\n",
        (
            "rust-types",
            "/components/schemas/FileVersion/properties/mime",
            "`pattern` is for ids alone",
        ),
    ),
    document(
        "an enum value that is another one in Rust",
        "            - file-version\n        - type: string\n",
        "            - file-version\n            - file_version\n        - type: string\n",
        (
            "rust-names",
            "/components/schemas/FileVersionType/anyOf/0/enum/2",
            "`file_version` cannot become a Rust variant of its own",
        ),
    ),
    document(
        "an id that is a number",
        "    VersionId:\n      type: string\n",
        "    VersionId:\n      type: integer\n",
        (
            "rust-names",
            "/components/schemas/VersionId",
            "it must be an id: `type: string`",
        ),
    ),
    document(
        "an inline object",
        "          allOf:\n            - $ref: '#/components/schemas/VersionInfo'\n",
        "          type: object\n",
        (
            "named-shapes",
            "/components/schemas/FileVersion/properties/versionInfo",
            "an object without a name of its own",
        ),
    ),
    document(
        "an inline enum",
        "          description: The codec of the video stream",
        "          enum: [h264]\n          description: The codec of the video stream",
        (
            "named-shapes",
            "/components/schemas/FileVersion/properties/videoCodec",
            "an enum without a name of its own",
        ),
    ),
    document(
        "a closed enum",
        "      description: Whether ImageKit treats a file as an image. More values may come.\n      anyOf:\n        - type: string\n          enum:\n            - image\n            - non-image\n        - type: string\n",
        "      description: Whether ImageKit treats a file as an image. More values may come.\n      type: string\n      enum: [image, non-image]\n",
        (
            "open-enums",
            "/components/schemas/FileType",
            "`FileType` is closed",
        ),
    ),
    document(
        "an enum value without a description",
        "        non-image: Anything else",
        "        none-image: Anything else",
        (
            "open-enums",
            "/components/schemas/FileType",
            "x-enum-descriptions says nothing about `non-image`",
        ),
    ),
    document(
        "an id that may be `..`",
        "      pattern: '^(",
        "      x-pattern: '^(",
        (
            "id-patterns",
            "/components/schemas/FileId",
            r#"the id ".." would be allowed"#,
        ),
    ),
    document(
        "no answer for 5XX",
        "        '5XX':\n          $ref: '#/components/responses/ServerError'\n",
        "",
        (
            "errors",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get",
            "the operation has no answer for 5XX",
        ),
    ),
    document(
        "an operation with a security of its own",
        "      operationId: getFileVersionDetails\n",
        "      operationId: getFileVersionDetails\n      security: []\n",
        (
            "security",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get/security",
            "a security of its own",
        ),
    ),
    document(
        "no security",
        "security:\n  - privateKey: []\n",
        "",
        ("security", "", "the document requires no authentication"),
    ),
    document(
        "an answer without an example",
        "          examples:\n            documented:\n              $ref: '#/components/examples/FileVersion'\n            recent:\n              $ref: '#/components/examples/FileVersionRecent'\n            video:\n              $ref: '#/components/examples/FileVersionVideo'\n",
        "",
        (
            "shown",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get/responses/200",
            "the answer 200 has no example",
        ),
    ),
    document(
        "a required parameter without an example",
        "      example: '598821f949c0a938d57563bd'\n",
        "",
        (
            "shown",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get/parameters/0",
            "the required parameter `fileId` has no example",
        ),
    ),
    document(
        "a property without a description",
        "          description: The codec of the video stream, such as `h264`. Present for videos only.\n",
        "",
        (
            "described",
            "/components/schemas/FileVersion/properties/videoCodec",
            "`videoCodec` is not described",
        ),
    ),
    document(
        "a number without a unit",
        "            The size of the content in bytes. It can exceed 32 bits",
        "            The size of the content. It can exceed 32 bits",
        (
            "units",
            "/components/schemas/FileVersion/properties/size",
            "the description of the number names no unit",
        ),
    ),
    document(
        "an optional list that may not be null",
        "          type: array\n          nullable: true\n          description: >-\n            The tags that users gave",
        "          type: array\n          description: >-\n            The tags that users gave",
        (
            "null-arrays",
            "/components/schemas/FileVersion/properties/tags",
            "an optional list, map or free value is not nullable",
        ),
    ),
    document(
        "`nullable` in a component",
        "    VersionInfo:\n      type: object\n",
        "    VersionInfo:\n      type: object\n      nullable: true\n",
        (
            "null-places",
            "/components/schemas/VersionInfo",
            "`nullable` stands at something else than a property",
        ),
    ),
    document(
        "an object that allows no unknown property",
        "    VersionInfo:\n      type: object\n",
        "    VersionInfo:\n      type: object\n      additionalProperties: false\n",
        (
            "unknown-properties",
            "/components/schemas/VersionInfo/additionalProperties",
            "`additionalProperties` stands beside `properties`",
        ),
    ),
    document(
        "a component that nothing refers to",
        "\n  examples:\n    FileVersion:",
        "\n    Unused:\n      type: string\n      description: Nobody needs it.\n\n  examples:\n    FileVersion:",
        (
            "used",
            "/components/schemas/Unused",
            "nothing refers to `Unused`",
        ),
    ),
    document(
        "an inline example of another type",
        "      example: 60000\n",
        "      example: a minute\n",
        (
            "true-examples",
            "/components/headers/RateLimitReset/example",
            r#""a minute" is not of type"#,
        ),
    ),
    document(
        "a named example with a number as text",
        "        width: 1920\n",
        "        width: '1920'\n",
        (
            "true-examples",
            "/components/examples/FileVersionVideo/value/width",
            r#""1920" is not of type "number""#,
        ),
    ),
    document(
        "a named example without a required property",
        "          id: '697821f849c0a938d57563ce'\n          name: Version 2\n",
        "          name: Version 2\n",
        (
            "true-examples",
            "/components/examples/FileVersion/value/versionInfo",
            r#""id" is missing"#,
        ),
    ),
    document(
        "null where an example may not have it",
        "        mime: video/mp4\n",
        "        mime: null\n",
        (
            "true-examples",
            "/components/examples/FileVersionVideo/value/mime",
            r#"null is not of type "string""#,
        ),
    ),
    document(
        "an example with a date that is none",
        "        createdAt: '2026-02-17T15:20:33.906Z'\n",
        "        createdAt: yesterday\n",
        (
            "true-examples",
            "/components/examples/FileVersionVideo/value/createdAt",
            r#""yesterday" is not a "date-time""#,
        ),
    ),
    Broken {
        file: "openapi/examples/file-version-video.json",
        ..document(
            "an example file that differs from the document",
            r#""mime": "video/mp4""#,
            r#""mime": "video/mpeg""#,
            (
                "example-files",
                "/mime",
                "differs from the example `FileVersionVideo`",
            ),
        )
    },
    Broken {
        file: "openapi/examples/folder.json",
        ..document(
            "an example file of nothing",
            "",
            "{}\n",
            (
                "example-files",
                "",
                "there is no example `Folder` in the document",
            ),
        )
    },
    Broken {
        file: "openapi/examples/file-version.json5",
        ..document(
            "an example file that is no JSON5",
            r#"    "fileId":"#,
            "    fileId =",
            ("readable", "", ""),
        )
    },
];

#[test]
fn every_broken_contract_is_found() {
    let mut table = String::from("| broken how | rule | message |\n| --- | --- | --- |\n");
    let mut failures = String::new();
    for broken in BROKEN {
        let Broken {
            how,
            file,
            from,
            to,
            rule,
            pointer,
            message,
        } = broken;
        let workspace = workspace();
        let path = workspace.path().join(file);
        let text = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            text.contains(from),
            "{how}: the contract does not hold {from:?}"
        );
        fs::write(&path, text.replacen(from, to, 1)).unwrap();

        let output = validate(workspace.path(), "json");
        let stdout = String::from_utf8(output.stdout).unwrap();
        let findings: Value = serde_json::from_str(&stdout).unwrap();
        let findings = findings["findings"].as_array().unwrap();
        let found = findings.iter().find(|finding| {
            finding["rule"] == *rule
                && finding["file"] == *file
                && finding["pointer"] == *pointer
                && finding["message"].as_str().unwrap().contains(message)
        });
        match found {
            Some(finding) => {
                let (line, message) = (&finding["line"], finding["message"].as_str().unwrap());
                let name = Path::new(file).file_name().unwrap().display();
                let message = message.replace('|', "\\|");
                writeln!(table, "| {how} | {rule} | {name}:{line}: {message} |").unwrap();
                assert_eq!(output.status.code(), Some(1), "{how}");
            }
            None => writeln!(failures, "{how}: {findings:#?}").unwrap(),
        }
    }
    assert!(failures.is_empty(), "not found as expected:\n{failures}");
    println!("{table}");
}

#[test]
fn all_findings_come_in_one_run_each_at_its_line() {
    let workspace = workspace();
    let path = workspace.path().join(DOCUMENT);
    let text = fs::read_to_string(&path).unwrap();
    let broken = text
        .replacen("    get:\n", "    get:\n      deprecatd: true\n", 1)
        .replacen("in pixels. Present", "as it is. Present", 2);
    fs::write(&path, &broken).unwrap();

    let output = validate(workspace.path(), "human");
    let stdout = String::from_utf8(output.stdout).unwrap();
    let line = 1 + broken
        .lines()
        .position(|line| line == "        width:")
        .unwrap();
    for part in [
        format!("{DOCUMENT}:{line}: the description of the number names no unit"),
        "/components/schemas/FileVersion/properties/height".to_owned(),
        "deprecatd".to_owned(),
        "why: ".to_owned(),
        "mend: ".to_owned(),
        "4 findings".to_owned(),
    ] {
        assert!(stdout.contains(&part), "{part:?} is not in:\n{stdout}");
    }

    let output = validate(workspace.path(), "github");
    let stdout = String::from_utf8(output.stdout).unwrap();
    let annotation = format!("::error file={DOCUMENT},line={line},title=units::");
    assert!(stdout.contains(&annotation), "{stdout}");
}

#[test]
fn the_contract_itself_is_valid() {
    let output = validate(workspace().path(), "human");
    assert_eq!(output.stdout, b"the contract is valid\n");
    assert!(output.status.success());
}

fn validate(workspace: &Path, format: &str) -> Output {
    xtask(workspace, &["validate", "--format", format])
}
