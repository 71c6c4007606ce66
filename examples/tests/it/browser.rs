//! A headless Chromium, told what to do over its DevTools protocol.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

const LOADED: &str = "Page.loadEventFired";

/// The events that are of use; the others are many.
const KEPT: [&str; 3] = [LOADED, "Runtime.exceptionThrown", "Log.entryAdded"];

/// How long a single step may take, lest a test hang.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser with one page, until it is dropped.
pub(crate) struct Browser {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    session: Option<String>,
    calls: u64,
    events: Vec<Value>,
    _process: Child,
    _profile: TempDir,
}

impl Browser {
    /// Starts it; `None` if this machine has none.
    pub(crate) async fn start() -> Option<Self> {
        let profile = tempfile::tempdir().unwrap();
        let mut process = NAMES.iter().find_map(|name| {
            let mut command = Command::new(name);
            command
                .args([
                    "--headless",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--no-first-run",
                    "--hide-scrollbars",
                ])
                .arg("--remote-debugging-port=0")
                .arg(format!("--user-data-dir={}", profile.path().display()))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .kill_on_drop(true);
            command.spawn().ok()
        })?;
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next_line().await.unwrap().unwrap();
            if let Some(address) = line.strip_prefix("DevTools listening on ") {
                break address.to_owned();
            }
        };
        // What else it says must be read, or it stops when nobody does.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let (socket, _) = connect_async(address).await.unwrap();
        let mut browser = Self {
            socket,
            session: None,
            calls: 0,
            events: Vec::new(),
            _process: process,
            _profile: profile,
        };
        let page = json!({ "url": "about:blank" });
        let page = browser.call("Target.createTarget", page).await;
        let attach = json!({ "targetId": page["targetId"], "flatten": true });
        let session = browser.call("Target.attachToTarget", attach).await;
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "DOM"] {
            browser.call(&format!("{domain}.enable"), json!({})).await;
        }
        Some(browser)
    }

    pub(crate) async fn resize(&mut self, width: u32, height: u32) {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", size).await;
    }

    pub(crate) async fn open(&mut self, url: &str) {
        self.call("Page.navigate", json!({ "url": url })).await;
        self.event(LOADED).await;
    }

    /// Clicks, and waits for the page that comes then.
    pub(crate) async fn click(&mut self, selector: &str) {
        self.events.retain(|it| it["method"] != LOADED);
        self.js(&format!("document.querySelector('{selector}').click()"))
            .await;
        self.event(LOADED).await;
    }

    pub(crate) async fn type_into(&mut self, selector: &str, text: &str) {
        self.js(&format!("document.querySelector('{selector}').focus()"))
            .await;
        self.call("Input.insertText", json!({ "text": text })).await;
    }

    pub(crate) async fn choose_file(&mut self, selector: &str, path: &Path) {
        let document = self.call("DOM.getDocument", json!({})).await;
        let query = json!({ "nodeId": document["root"]["nodeId"], "selector": selector });
        let input = self.call("DOM.querySelector", query).await;
        let files = json!({ "nodeId": input["nodeId"], "files": [path] });
        self.call("DOM.setFileInputFiles", files).await;
    }

    /// The value of an expression; of a promise, what it is fulfilled with.
    pub(crate) async fn js(&mut self, expression: &str) -> Value {
        let asked =
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let result = self.call("Runtime.evaluate", asked).await;
        assert!(
            result["exceptionDetails"].is_null(),
            "{expression}: {result}"
        );
        result["result"]["value"].clone()
    }

    /// Waits until an expression is true, which may become so only when the page changes.
    pub(crate) async fn until(&mut self, expression: &str) {
        self.js(&format!(
            "new Promise(done => {{
                const check = () => {{ if ({expression}) done(); }};
                const all = {{ subtree: true, childList: true, attributes: true }};
                new MutationObserver(check).observe(document, all);
                document.addEventListener('load', check, true);
                check();
            }})"
        ))
        .await;
    }

    /// The kinds and names of what the page says to those who do not see it.
    pub(crate) async fn spoken(&mut self) -> Vec<(String, String)> {
        let tree = self.call("Accessibility.getFullAXTree", json!({})).await;
        let nodes = tree["nodes"].as_array().unwrap().iter();
        let text = |value: &Value| value["value"].as_str().unwrap_or_default().to_owned();
        nodes
            .filter(|it| it["ignored"] == false)
            .map(|it| (text(&it["role"]), text(&it["name"])))
            .collect()
    }

    pub(crate) async fn screenshot(&mut self, path: &Path) {
        let whole = json!({ "format": "png", "captureBeyondViewport": true });
        let picture = self.call("Page.captureScreenshot", whole).await;
        let picture = base64::Engine::decode(
            &base64::engine::general_purpose::STANDARD,
            picture["data"].as_str().unwrap(),
        );
        std::fs::write(path, picture.unwrap()).unwrap();
    }

    /// What the browser complains about: scripts that fail, and what it did not load.
    pub(crate) fn complaints(&self) -> Vec<&Value> {
        let all = self.events.iter();
        all.filter(|it| it["method"] != LOADED).collect()
    }

    async fn call(&mut self, method: &str, params: Value) -> Value {
        self.calls += 1;
        let id = self.calls;
        let mut call = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = &self.session {
            call["sessionId"] = session.as_str().into();
        }
        let call = Message::text(call.to_string());
        self.socket.send(call).await.unwrap();
        loop {
            let message = self.next().await;
            if message["id"] == id {
                assert!(message["error"].is_null(), "{method}: {message}");
                return message["result"].clone();
            }
            self.keep(message);
        }
    }

    /// Waits for an event, unless it has come since the last one.
    async fn event(&mut self, method: &str) {
        loop {
            if let Some(place) = self.events.iter().position(|it| it["method"] == method) {
                self.events.remove(place);
                return;
            }
            let message = self.next().await;
            self.keep(message);
        }
    }

    fn keep(&mut self, event: Value) {
        let method = event["method"].as_str();
        if method.is_some_and(|it| KEPT.contains(&it)) {
            self.events.push(event);
        }
    }

    async fn next(&mut self) -> Value {
        let message = tokio::time::timeout(PATIENCE, self.socket.next()).await;
        let message =
            message.unwrap_or_else(|_| panic!("Chromium says nothing: {:?}", self.events));
        serde_json::from_str(message.unwrap().unwrap().to_text().unwrap()).unwrap()
    }
}
