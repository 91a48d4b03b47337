//! An editor without a screen: it speaks with a language server in the same process.

use std::thread::JoinHandle;

use mesh_lsp::{Connection, Message, Notification, Request, Response, serve_on};
use serde_json::{Value, json};

/// An editor and its server.
pub struct Client {
    connection: Connection,
    server: Option<JoinHandle<Result<bool, String>>>,
    next: i32,
    /// What the server told and was not asked for, in order.
    pub told: Vec<(String, Value)>,
    /// What the server answered when the session began.
    pub initialized: Value,
}

impl Client {
    /// Begins a session; the options are `initializationOptions`.
    pub fn start(folders: &[String], options: Value, encodings: &[&str]) -> Client {
        let (mut client, server) = Client::apart();
        client.server = Some(std::thread::spawn(move || serve_on(server)));
        client.initialize(folders, options, encodings);
        client
    }

    /// An editor whose server does not run yet: what is sent waits for it.
    pub fn apart() -> (Client, Connection) {
        let (connection, server) = Connection::memory();
        let client = Client { connection, server: None, next: 0, told: Vec::new(), initialized: Value::Null };
        (client, server)
    }

    /// What an editor says first.
    pub fn hello(folders: &[String], options: Value, encodings: &[&str]) -> Value {
        let folders: Vec<Value> = folders.iter().map(|uri| json!({ "uri": uri, "name": uri })).collect();
        json!({
            "processId": null,
            "rootUri": null,
            "workspaceFolders": folders,
            "initializationOptions": options,
            "capabilities": {
                "general": { "positionEncodings": encodings },
                "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } },
                "textDocument": { "completion": { "completionItem": { "snippetSupport": true } } }
            }
        })
    }

    fn initialize(&mut self, folders: &[String], options: Value, encodings: &[&str]) {
        self.initialized =
            self.request("initialize", Client::hello(folders, options, encodings)).expect("the session begins");
        self.notify("initialized", json!({}));
    }

    pub fn notify(&self, method: &str, params: Value) {
        let notification = Notification { method: method.to_owned(), params };
        self.connection.sender.send(Message::Notification(notification)).expect("the server listens");
    }

    /// Sends a request and does not wait; the number that its answer will have.
    pub fn ask(&mut self, method: &str, params: Value) -> i32 {
        self.next += 1;
        let request = Request { id: self.next.into(), method: method.to_owned(), params };
        self.connection.sender.send(Message::Request(request)).expect("the server listens");
        self.next
    }

    /// The answer to a request: its result, or the code and the text of its error.
    pub fn answer(&mut self, id: i32) -> Result<Value, (i32, String)> {
        loop {
            match self.connection.receiver.recv().expect("the server answers") {
                Message::Response(response) if response.id == id.into() => {
                    return response.response_result.map_err(|error| (error.code, error.message));
                }
                Message::Response(response) => panic!("an answer to no question: {response:?}"),
                Message::Notification(notification) => self.told.push((notification.method, notification.params)),
                Message::Request(request) => {
                    self.told.push((request.method, request.params));
                    let response = Response::new_ok(request.id, ());
                    self.connection.sender.send(Message::Response(response)).expect("the server listens");
                }
            }
        }
    }

    pub fn request(&mut self, method: &str, params: Value) -> Result<Value, (i32, String)> {
        let id = self.ask(method, params);
        self.answer(id)
    }

    pub fn open(&self, uri: &str, text: &str) {
        let document = json!({ "uri": uri, "languageId": "mesh", "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// Replaces a stretch of a document.
    pub fn change(&self, uri: &str, version: i32, range: Option<Value>, text: &str) {
        let mut change = json!({ "text": text });
        if let Some(range) = range {
            change["range"] = range;
        }
        let document = json!({ "uri": uri, "version": version });
        self.notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [change] }));
    }

    /// Waits until the problems of all that was sent are published.
    pub fn settle(&mut self) {
        self.request("mesh/settled", json!({})).expect("the server answers");
    }

    /// Ends the session.
    pub fn stop(mut self) {
        self.request("shutdown", Value::Null).expect("the session ends");
        self.notify("exit", Value::Null);
        if let Some(server) = self.server.take() {
            assert_eq!(server.join().expect("the server does not panic"), Ok(true));
        }
    }
}
