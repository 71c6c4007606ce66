#!/usr/bin/env bash
# Has other people's clients talk to the mock: curl, ImageKit's own SDKs for Node.js and Python, which
# play through a whole story, and Schemathesis, which makes up requests from the OpenAPI document and
# judges the responses by it, with and without state. curl and the SDKs also run the examples of
# docs/from-other-sdks.md.
#
# What they need is installed into target/peers, once. A client that cannot be installed is skipped
# with a notice, or is a failure if PEERS_REQUIRED is set.
set -euo pipefail
cd "$(dirname "$0")/../.."

NODE_SDK=@imagekit/nodejs@7.11.0
PYTHON_SDK=imagekitio[webhooks]==5.11.0
SCHEMATHESIS=schemathesis==4.32.5

documented=openapi/examples/file-version.json
peers=mock/peers
installed=target/peers
mkdir -p "$installed"

say() { printf '%s\n' "== $*"; }

skip() {
    say "SKIPPED: $1"
    if [[ -n ${PEERS_REQUIRED:-} ]]; then exit 1; fi
}

fail() {
    say "FAILED: $1"
    exit 1
}

# Runs an installation unless it was done before; fails if it cannot be done.
once() {
    local stamp="$installed/$1.installed"
    shift
    [[ $(cat "$stamp" 2>/dev/null) == "$*" ]] && return
    "$@" >"$installed/log" 2>&1 || { tail -n 3 "$installed/log"; return 1; }
    echo "$*" >"$stamp"
}

# Starts a mock with these arguments, and sets its address, which the SDKs take from there.
start_mock() {
    : >"$installed/mock.log"
    target/debug/imagekit-mock --quiet --port 0 --private-key "$IMAGEKIT_PRIVATE_KEY" "$@" \
        >"$installed/mock.log" &
    mock=$!
    until IMAGE_KIT_BASE_URL=$(grep -o -m 1 'http://[0-9.:]*' "$installed/mock.log"); do
        kill -0 "$mock" || exit 1
        sleep 0.1
    done
    export IMAGE_KIT_BASE_URL
}

stop_mock() {
    if [[ -n ${mock:-} ]]; then
        kill "$mock" 2>/dev/null || true
        # What it still prints must not get into the log of the next one.
        wait "$mock" || true
    fi
    mock=
}
trap stop_mock EXIT

# Writes the blocks of one language on the page about other SDKs into a program, which talks to the mock
# and not to ImageKit, and runs it with the rest of the arguments.
run_page() {
    local language=$1 program=$PWD/$2 folder=$installed/page
    shift 2
    mkdir -p "$folder"
    echo "a coat" >"$folder/coat.jpg"
    awk -v fence="\`\`\`$language" '$0 == fence { on = 1; next } /^```/ { on = 0 } on' docs/from-other-sdks.md |
        sed "s#https://[a-z]*\.imagekit\.io#$IMAGE_KIT_BASE_URL#" >"$program"
    curl --silent --output /dev/null --request DELETE "$IMAGE_KIT_BASE_URL/_mock/requests"
    (cd "$folder" && "$@" "$program") >"$folder/output"

    curl --silent "$IMAGE_KIT_BASE_URL/_mock/requests" >"$folder/requests"
    diff - <(grep -oE '"operation":"\w+"|"status":[0-9]+' "$folder/requests" | grep -oE '\w+"?$' | tr -d '"' | paste - -) <<END
getFileVersionDetails	200
listAssets	200
updateFileDetails	200
uploadFile	200
getFileVersionDetails	200
getFileVersionDetails	404
END
    diff - <(grep -oE '/v1/files\?[^"]+' "$folder/requests" | sed 's#%2F#/#g' | tr '?&' '\n' | sort) <<END
/v1/files
fileType=image
limit=20
path=/images/products
END
    local expected
    for expected in file1.jpg summer /products/coat.jpg 404 'does not exist'; do
        grep --quiet -- "$expected" "$folder/output" || fail "$expected is not printed in $language"
    done
    (($(grep -oE '\b[0-9a-f]{32}\b' "$folder/output" | sort -u | wc -l) == 2)) ||
        fail "the request ids of a success and of an error are not printed in $language"

    local url
    url=$(grep -oE "$IMAGE_KIT_BASE_URL[^ \"]+&ik-s=\w+" "$folder/output") || fail "no signed URL in $language"
    curl --silent --show-error --fail --globoff "$url" | diff "$folder/coat.jpg" -
    [[ $(curl --silent --output /dev/null --write-out '%{http_code}' "${url%%\?*}") == 401 ]] ||
        fail "the file that was uploaded in $language is not private"
    echo "the blocks in $language do what they say"
}

# Writes out what `x-open` says, which Schemathesis does not know: that a union takes any other object too.
open_document() {
    mkdir -p "$installed/openapi"
    cp -R openapi/examples "$installed/openapi/"
    awk '$0 == "      x-open: true" { open = 1; next }
        open && $0 == "      discriminator:" { print "        - type: object"; open = 0 }
        { print }' openapi/imagekit.yaml >"$installed/openapi/imagekit.yaml"
}

# Runs where its cache may stay.
schemathesis() (
    root=$PWD
    cd "$installed"
    # The script that pip installs knows only where the folder was then.
    python/bin/python -c 'from schemathesis.cli import schemathesis; schemathesis()' --config-file "$root/$peers/schemathesis.toml" \
        run openapi/imagekit.yaml --url "$IMAGE_KIT_BASE_URL" --auth "$IMAGEKIT_PRIVATE_KEY:" "$@"
)

export IMAGEKIT_PRIVATE_KEY=private_of_the_peers
cargo build --quiet --package imagekit-mock
start_mock --job-time 100ms

path=/v1/files/598821f949c0a938d57563bd/versions/697821f849c0a938d57563ce
say "curl"
curl --silent --show-error --fail -u "$IMAGEKIT_PRIVATE_KEY:" "$IMAGE_KIT_BASE_URL$path"
echo

say "Node.js: $NODE_SDK"
node_is_ready=
if once node npm install --no-audit --no-fund --no-package-lock --prefix "$installed/node" "$NODE_SDK"; then
    node_is_ready=1
    cp "$peers"/*.mjs "$installed/node/"
    node "$installed/node/get-version.mjs" "$documented"
    node "$installed/node/story.mjs"
else
    skip "$NODE_SDK cannot be installed"
fi

say "Python: $PYTHON_SDK"
python_is_ready=
if once venv python3 -m venv "$installed/python" &&
    once python "$installed/python/bin/pip" install --quiet "$PYTHON_SDK" "$SCHEMATHESIS"; then
    python_is_ready=1
    "$installed/python/bin/python" "$peers/get_version.py" "$documented"
    "$installed/python/bin/python" "$peers/story.py"
else
    skip "$PYTHON_SDK and $SCHEMATHESIS cannot be installed"
fi

say "docs/from-other-sdks.md"
stop_mock
start_mock
run_page bash "$installed/page.sh" bash -euo pipefail
if [[ -n $node_is_ready ]]; then run_page js "$installed/node/page.mjs" node; fi
if [[ -n $python_is_ready ]]; then run_page python "$installed/page.py" "$PWD/$installed/python/bin/python"; fi

[[ -n $python_is_ready ]] || exit 0
say "Schemathesis"
open_document
judge() {
    schemathesis "$@" >"$installed/log" || { cat "$installed/log"; exit 1; }
    grep -A 1 'Test cases:' "$installed/log"
}
stop_mock
start_mock
judge
stop_mock

say "Schemathesis, without state"
start_mock --stateless
judge --phases examples,coverage,fuzzing
stop_mock

say "Schemathesis, to see that it finds what is wrong"
start_mock --fault content-type=text/plain
if schemathesis >"$installed/log"; then
    cat "$installed/log"
    fail "a wrong content type was not found"
fi
grep --max-count 1 'Undocumented Content-Type' "$installed/log"
