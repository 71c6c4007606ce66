//! Breaks the contract in one way at a time, and expects `validate` to find just that.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::{DOCUMENT, whole_workspace, workspace, xtask};

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
        "a response without a description",
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
            r#"is not a named id"#,
        ),
    ),
    document(
        "a response in XML",
        "      content:\n        application/json:\n          schema:\n            $ref: '#/components/schemas/FileVersion'",
        "      content:\n        application/xml:\n          schema:\n            $ref: '#/components/schemas/FileVersion'",
        (
            "bodies",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get/responses/200",
            r#"is not `application/json` only"#,
        ),
    ),
    document(
        "a body that may be left out",
        "      parameters:\n        - $ref: '#/components/parameters/FileId'\n",
        "      requestBody:\n        content:\n          application/json:\n            schema:\n              $ref: '#/components/schemas/VersionInfo'\n      parameters:\n        - $ref: '#/components/parameters/FileId'\n",
        (
            "bodies",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get/requestBody",
            r#"`required: true`"#,
        ),
    ),
    document(
        "no response for the success",
        "        '200':\n          $ref: '#/components/responses/FileVersion'\n",
        "        '304':\n          $ref: '#/components/responses/ClientError'\n",
        (
            "bodies",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get",
            r#"no response for its success"#,
        ),
    ),
    document(
        "a response for `default`",
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
            r#"does not have the schema `ApiError`"#,
        ),
    ),
    document(
        "`oneOf`",
        "          nullable: true\n          description: >-\n            What is wrong with each field",
        "          nullable: true\n          oneOf:\n            - type: string\n          description: >-\n            What is wrong with each field",
        (
            "dropped",
            "/components/schemas/ApiError/properties/errors/oneOf",
            r#"never reaches the client"#,
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
            "dropped",
            "/components/schemas/FileVersion/properties/mime/pattern",
            "never reaches the client",
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
        "no response for 5XX",
        "        '5XX':\n          $ref: '#/components/responses/ServerError'\n",
        "",
        (
            "errors",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get",
            "the operation has no response for 5XX",
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
        "a response without an example",
        "          examples:\n            documented:\n              externalValue: examples/file-version.json\n            recent:\n              externalValue: examples/file-version-recent.json\n            video:\n              externalValue: examples/file-version-video.json\n",
        "",
        (
            "shown",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get/responses/200",
            "the response 200 has no example",
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
        "    AiTag:\n      type: object\n",
        "    Unused:\n      type: string\n      description: Nobody needs it.\n\n    AiTag:\n      type: object\n",
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
    Broken {
        file: "openapi/examples/file-version-video.json",
        ..document(
            "an example with a number as text",
            r#""width": 1920"#,
            r#""width": "1920""#,
            (
                "true-examples",
                "/width",
                r#""1920" is not of type "number""#,
            ),
        )
    },
    Broken {
        file: "openapi/examples/file-version-video.json",
        ..document(
            "null where an example may not have it",
            r#""mime": "video/mp4""#,
            r#""mime": null"#,
            ("true-examples", "/mime", r#"null is not of type "string""#),
        )
    },
    Broken {
        file: "openapi/examples/file-version-video.json",
        ..document(
            "an example with a date that is not one",
            r#""createdAt": "2026-02-17T15:20:33.906Z""#,
            r#""createdAt": "yesterday""#,
            (
                "true-examples",
                "/createdAt",
                r#""yesterday" is not a "date-time""#,
            ),
        )
    },
    Broken {
        file: "openapi/examples/file-version.json",
        ..document(
            "an example without a required property",
            r#""fileId""#,
            r#""fileID""#,
            ("true-examples", "", r#""fileId" is missing"#),
        )
    },
    Broken {
        file: "openapi/examples/folder.json",
        ..document(
            "an example file that nothing refers to",
            "",
            "{}\n",
            ("example-files", "", "nothing refers to this file"),
        )
    },
    document(
        "an example that refers to no file",
        "externalValue: examples/file-version-video.json",
        "externalValue: examples/file-version-film.json",
        (
            "example-files",
            "/components/responses/FileVersion/content/application~1json/examples/video",
            "there is no file openapi/examples/file-version-film.json",
        ),
    ),
    document(
        "an operation that does not say whether it is idempotent",
        "Idempotent: asking again",
        "Asking again",
        (
            "idempotency",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get",
            "does not say whether it is idempotent",
        ),
    ),
    document(
        "a mark for idempotency that is not true",
        "      operationId: getFileVersionDetails\n",
        "      operationId: getFileVersionDetails\n      x-idempotent: 'no'\n",
        (
            "idempotency",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get/x-idempotent",
            "`x-idempotent` is true",
        ),
    ),
    document(
        "an extension that is misspelt",
        "      operationId: getFileVersionDetails\n",
        "      operationId: getFileVersionDetails\n      x-bta: true\n",
        (
            "extensions",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get/x-bta",
            "`x-bta` is not an extension",
        ),
    ),
    document(
        "pages without their parameters",
        "      operationId: getFileVersionDetails\n",
        "      operationId: getFileVersionDetails\n      x-pages: { offset: skip, limit: limit }\n",
        (
            "extensions",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get/x-pages",
            "must name query parameters",
        ),
    ),
    document(
        "a job whose state nobody tells",
        "      operationId: getFileVersionDetails\n",
        "      operationId: getFileVersionDetails\n      x-job: { operation: getJob, id: jobId }\n",
        (
            "extensions",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get/x-job",
            "must name one with x-job-state",
        ),
    ),
    document(
        "a component whose name leaves its folder",
        "    AiTag:\n      type: object\n",
        "    ../../../pwned:\n      type: string\n      description: It.\n\n    AiTag:\n      type: object\n",
        (
            "names",
            "/components/schemas/..~1..~1..~1pwned",
            "cannot be the name of a type",
        ),
    ),
    document(
        "a component that begins with a digit",
        "    AiTag:\n      type: object\n",
        "    1stKind:\n      type: string\n      description: It.\n\n    AiTag:\n      type: object\n",
        (
            "names",
            "/components/schemas/1stKind",
            "cannot be the name of a type",
        ),
    ),
    document(
        "two components that are one type",
        "    AiTag:\n      type: object\n",
        "    AITag:\n      type: string\n      description: It.\n\n    AiTag:\n      type: object\n",
        ("collisions", "/components/schemas/AiTag", "would be one"),
    ),
    document(
        "two properties that are one field",
        "        filePath:\n",
        "        file_path:\n          type: string\n          description: It.\n        filePath:\n",
        (
            "collisions",
            "/components/schemas/FileVersion/properties/file_path",
            "would be one field",
        ),
    ),
    document(
        "an operation that is a method of the client",
        "      operationId: getFileVersionDetails\n",
        "      operationId: request\n",
        (
            "collisions",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get/operationId",
            "is a method of the client itself",
        ),
    ),
    document(
        "a component that is made of itself",
        "    AiTag:\n      type: object\n",
        "    Loop:\n      description: It.\n      allOf:\n        - $ref: '#/components/schemas/Loop'\n\n    AiTag:\n      type: object\n",
        ("cycles", "/components/schemas/Loop", "made of itself"),
    ),
    document(
        "a server without encryption",
        "  - url: https://api.imagekit.io\n",
        "  - url: http://api.imagekit.io\n",
        ("servers", "/servers", "not a complete https address"),
    ),
    document(
        "a server with a variable",
        "  - url: https://api.imagekit.io\n",
        "  - url: https://{region}.imagekit.io\n",
        ("servers", "/servers", "not a complete https address"),
    ),
    document(
        "a list without items",
        "        tags:\n          type: array\n          nullable: true\n",
        "        labels:\n          type: array\n          nullable: true\n          description: It.\n        tags:\n          type: array\n          nullable: true\n",
        (
            "compositions",
            "/components/schemas/FileVersion/properties/labels",
            "the list has no items",
        ),
    ),
    document(
        "a GET with a body",
        "      operationId: getFileVersionDetails\n",
        "      operationId: getFileVersionDetails\n      requestBody:\n        required: true\n        content:\n          application/json:\n            schema:\n              $ref: '#/components/schemas/AiTag'\n",
        (
            "bodies",
            "/paths/~1v1~1files~1{fileId}~1versions~1{versionId}/get/requestBody",
            "a GET or HEAD has no body",
        ),
    ),
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

/// An example in JSON5 is refused as one in JSON is, before its parser exhausts the stack.
#[test]
fn examples_that_are_nested_too_deeply_are_refused() {
    for (file, text) in [
        ("deep.json5", "[".repeat(200_000)),
        ("deep.json5", "{a:".repeat(200_000)),
        (
            "deep.json5",
            format!("{}{}", "[".repeat(200), "]".repeat(200)),
        ),
        ("deep.json", "[".repeat(200_000)),
    ] {
        let workspace = workspace();
        let file = format!("openapi/examples/{file}");
        fs::write(workspace.path().join(&file), text).unwrap();
        let output = validate(workspace.path(), "json");
        assert_eq!(output.status.code(), Some(1), "{file}: {output:?}");
        let findings: Value = serde_json::from_slice(&output.stdout).unwrap();
        let first = &findings["findings"][0];
        assert_eq!(first["rule"], "readable", "{findings:#}");
        assert_eq!(first["file"], *file, "{findings:#}");
    }
}

/// What has no document in it has no other faults either: the cause is not buried in what follows from it.
#[test]
fn a_file_without_a_document_is_the_only_finding() {
    for text in [
        "",
        "\n",
        "# a comment\n",
        "---\n",
        "null\n",
        "[]\n",
        "text\n",
    ] {
        let workspace = workspace();
        fs::write(workspace.path().join(DOCUMENT), text).unwrap();
        let output = validate(workspace.path(), "json");
        assert_eq!(output.status.code(), Some(1), "{text:?}");
        let findings: Value = serde_json::from_slice(&output.stdout).unwrap();
        let findings = findings["findings"].as_array().unwrap();
        assert_eq!(findings.len(), 1, "{text:?}: {findings:#?}");
        assert_eq!(findings[0]["file"], DOCUMENT, "{text:?}");
    }
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
        "help: ".to_owned(),
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
    for workspace in [workspace(), whole_workspace()] {
        let output = validate(workspace.path(), "human");
        assert_eq!(output.stdout, b"the contract is valid\n");
        assert!(output.status.success());
    }
}

fn validate(workspace: &Path, format: &str) -> Output {
    xtask(workspace, &["validate", "--format", format])
}
