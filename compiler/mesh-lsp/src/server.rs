//! The session: messages in, answers out, problems published when the editor pauses.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, select};
use lsp_server::{Connection, ErrorCode, Message, Notification, ProtocolError, Request, RequestId, Response};
use lsp_types::notification::{
    Cancel, DidChangeTextDocument, DidChangeWatchedFiles, DidChangeWorkspaceFolders, DidCloseTextDocument,
    DidOpenTextDocument, DidSaveTextDocument, Exit, LogMessage, Notification as _, PublishDiagnostics,
};
use lsp_types::request::{
    CodeLensRequest, Completion, DocumentSymbolRequest, FoldingRangeRequest, InlayHintRequest, OnTypeFormatting,
    RegisterCapability, Request as _, SemanticTokensFullRequest, Shutdown, SignatureHelpRequest,
};
use lsp_types::{
    CancelParams, Diagnostic, DidChangeTextDocumentParams, DidChangeWatchedFilesParams,
    DidChangeWatchedFilesRegistrationOptions, DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams,
    DidOpenTextDocumentParams, FileSystemWatcher, GlobPattern, InitializeParams, LogMessageParams, MessageType,
    NumberOrString, PublishDiagnosticsParams, Registration, RegistrationParams, Url,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::documents::Documents;
use crate::job::{Done, Job, guarded};
use crate::options::Options;
use crate::problems;
use crate::requests::{self, Failure};

/// Requests that come with every key, and do not wait for a check.
const AT_ONCE: [&str; 3] = [Completion::METHOD, SignatureHelpRequest::METHOD, OnTypeFormatting::METHOD];

/// Requests that an editor sends again after each change: one about a text that is outdated is not answered.
const REPEATED: [&str; 5] = [
    SemanticTokensFullRequest::METHOD,
    InlayHintRequest::METHOD,
    CodeLensRequest::METHOD,
    DocumentSymbolRequest::METHOD,
    FoldingRangeRequest::METHOD,
];

/// What programs depend on.
const CHANGES: [&str; 6] = [
    DidOpenTextDocument::METHOD,
    DidChangeTextDocument::METHOD,
    DidCloseTextDocument::METHOD,
    DidSaveTextDocument::METHOD,
    DidChangeWatchedFiles::METHOD,
    DidChangeWorkspaceFolders::METHOD,
];

/// How long nothing may come from the editor before a program is looked at for other choices of its parameters.
const PAUSE: Duration = Duration::from_millis(300);

struct Session {
    sender: Sender<Message>,
    /// What the editor has sent: all of it, so that what waits can be looked through.
    inbox: Receiver<Message>,
    options: Options,
    documents: Documents,
    queue: VecDeque<Message>,
    /// What the editor was last told, file by file.
    published: HashMap<Url, Vec<Diagnostic>>,
    /// Something changed since.
    changed: bool,
    /// A check is under way; what becomes of it comes through the channel.
    is_running: bool,
    /// A program is looked at for other choices of its parameters.
    is_looking: bool,
    results: (Sender<Done>, Receiver<Done>),
    is_closing: bool,
}

/// Serves an editor until it ends the session; false where it ended without saying so before.
pub fn run(connection: Connection) -> Result<bool, ProtocolError> {
    let (id, params) = connection.initialize_start()?;
    let params: InitializeParams = serde_json::from_value(params).unwrap_or_default();
    let options = Options::of(&params);
    connection.initialize_finish(id, requests::initialized(&options))?;
    let mut session = Session {
        documents: Documents::new(options.clone()),
        sender: connection.sender,
        inbox: all_of(connection.receiver),
        options,
        queue: VecDeque::new(),
        published: HashMap::new(),
        changed: false,
        is_running: false,
        is_looking: false,
        results: crossbeam_channel::unbounded(),
        is_closing: false,
    };
    session.watch();
    while let Some(message) = session.next() {
        match message {
            Message::Request(request) => session.request(&request),
            Message::Notification(notification) if notification.method == Exit::METHOD => break,
            Message::Notification(notification) => session.notification(notification),
            Message::Response(_) => {}
        }
    }
    Ok(session.is_closing)
}

/// The messages of a channel as they come. The reader of a connection hands over one at a time.
fn all_of(receiver: Receiver<Message>) -> Receiver<Message> {
    let (sender, inbox) = crossbeam_channel::unbounded();
    // What waits already is there at once.
    let _ = receiver.try_iter().try_for_each(|message| sender.send(message));
    std::thread::spawn(move || receiver.iter().try_for_each(|message| sender.send(message)));
    inbox
}

impl Session {
    /// The next message. A check begins where no further change waits, so that it runs while messages are answered; its
    /// problems are published when it ends before the next one.
    fn next(&mut self) -> Option<Message> {
        loop {
            self.queue.extend(self.inbox.try_iter());
            if self.changed && !self.is_running && !self.will_change() {
                self.begin();
            }
            if let Some(message) = self.queue.pop_front() {
                return Some(message);
            }
            self.documents.rest();
            let has_choices = !self.is_running && !self.is_looking && self.documents.open_choices().is_some();
            let pause = if has_choices { crossbeam_channel::after(PAUSE) } else { crossbeam_channel::never() };
            select! {
                recv(self.inbox) -> message => return message.ok(),
                recv(self.results.1) -> done => self.end(done.ok()?),
                recv(pause) -> _ => self.look(),
            }
        }
    }

    /// Begins to look at a program for other choices of its parameters.
    fn look(&mut self) {
        if let Some(job) = self.documents.open_choices() {
            self.is_looking = true;
            self.run(job);
        }
    }

    fn run(&self, job: Job) {
        let results = self.results.0.clone();
        rayon::spawn(move || {
            // Nobody is there to hear of it where the session has ended meanwhile.
            let _ = results.send(job.run());
        });
    }

    /// Begins the check of a program that changed; where none is left, publishes the problems.
    fn begin(&mut self) {
        let documents = &mut self.documents;
        match guarded(|| documents.job()) {
            Ok(Some(job)) => {
                self.is_running = true;
                self.run(job);
            }
            Ok(None) => self.publish(),
            Err(text) => self.check_failed(&text),
        }
    }

    fn end(&mut self, done: Done) {
        match done {
            Done::Check(_) => self.is_running = false,
            Done::Every(_) => {
                self.is_looking = false;
                // What was found is told.
                self.changed = true;
            }
        }
        if let Err(text) = self.documents.done(done) {
            self.check_failed(&text);
        }
    }

    /// Says once of each file why it cannot be read.
    fn tell_unread(&mut self) {
        for text in self.documents.unread() {
            self.log(text);
        }
    }

    /// The next change is the next try.
    fn check_failed(&mut self, text: &str) {
        self.changed = false;
        self.recover(&format!("the check failed: {text}"));
    }

    /// Waits for the check that is under way.
    fn wait(&mut self) {
        while self.is_running
            && let Ok(done) = self.results.1.recv()
        {
            self.end(done);
        }
    }

    fn send(&self, message: impl Into<Message>) {
        // Where nobody listens any more, the next read ends the session.
        let _ = self.sender.send(message.into());
    }

    fn log(&self, text: String) {
        let params = LogMessageParams { typ: MessageType::ERROR, message: text };
        self.send(Notification::new(LogMessage::METHOD.to_owned(), params));
    }

    /// Asks to be told of files that change on the disk.
    fn watch(&self) {
        if !self.options.watches {
            return;
        }
        let watcher = FileSystemWatcher { glob_pattern: GlobPattern::String("**/*.mesh".to_owned()), kind: None };
        let options = DidChangeWatchedFilesRegistrationOptions { watchers: vec![watcher] };
        let registration = Registration {
            id: "mesh-files".to_owned(),
            method: DidChangeWatchedFiles::METHOD.to_owned(),
            register_options: serde_json::to_value(options).ok(),
        };
        let params = RegistrationParams { registrations: vec![registration] };
        let id = RequestId::from("mesh-files".to_owned());
        self.send(Request::new(id, RegisterCapability::METHOD.to_owned(), params));
    }

    fn request(&mut self, request: &Request) {
        let id = request.id.clone();
        if request.method == Shutdown::METHOD {
            self.is_closing = true;
            return self.send(Response::new_ok(id, ()));
        }
        if self.is_closing {
            let text = "the session is ending".to_owned();
            return self.send(Response::new_err(id, ErrorCode::InvalidRequest as i32, text));
        }
        if self.is_cancelled(&id) {
            let text = "the editor needs no answer any more".to_owned();
            return self.send(Response::new_err(id, ErrorCode::RequestCanceled as i32, text));
        }
        if REPEATED.contains(&request.method.as_str()) && self.is_outdated() {
            let text = "the text has changed since".to_owned();
            return self.send(Response::new_err(id, ErrorCode::ContentModified as i32, text));
        }
        if !AT_ONCE.contains(&request.method.as_str()) {
            self.wait();
        }
        // For scripts that wait for the problems of what they sent.
        if request.method == "mesh/settled" {
            let documents = &mut self.documents;
            // A fault is told where the problems are.
            let _ = guarded(|| {
                documents.programs().iter().for_each(|program| {
                    program.problems();
                })
            });
            self.publish();
            return self.send(Response::new_ok(id, ()));
        }
        let (documents, options) = (&mut self.documents, &self.options);
        let has_choices = documents.open_choices().is_some();
        let answer = guarded(|| requests::answer(documents, options, request));
        // What was looked at for the answer is told.
        self.changed |= has_choices && documents.open_choices().is_none();
        let response = match answer {
            Ok(Ok(value)) => Response::new_ok(id, value),
            Ok(Err(Failure::Unknown)) => {
                Response::new_err(id, ErrorCode::MethodNotFound as i32, format!("no request `{}`", request.method))
            }
            Ok(Err(Failure::Parameters(text))) => Response::new_err(id, ErrorCode::InvalidParams as i32, text),
            Ok(Err(Failure::Refused(text))) => Response::new_err(id, ErrorCode::RequestFailed as i32, text),
            Err(text) => {
                self.recover(&format!("`{}` failed: {text}", request.method));
                Response::new_err(id, ErrorCode::InternalError as i32, text)
            }
        };
        self.send(response);
    }

    /// True where the editor has taken a request back already.
    fn is_cancelled(&self, id: &RequestId) -> bool {
        self.queue.iter().any(|message| {
            let Message::Notification(notification) = message else { return false };
            let params = (notification.method == Cancel::METHOD)
                .then(|| serde_json::from_value::<CancelParams>(notification.params.clone()).ok());
            params.flatten().is_some_and(|params| match params.id {
                NumberOrString::Number(number) => *id == RequestId::from(number),
                NumberOrString::String(text) => *id == RequestId::from(text),
            })
        })
    }

    /// True where a change of a text waits behind the message at hand.
    fn is_outdated(&self) -> bool {
        self.waits(&[DidChangeTextDocument::METHOD])
    }

    /// True where something waits that a program depends on.
    fn will_change(&self) -> bool {
        self.waits(&CHANGES)
    }

    fn waits(&self, methods: &[&str]) -> bool {
        let is_one = |message: &Message| matches!(message, Message::Notification(notification) if methods.contains(&notification.method.as_str()));
        self.queue.iter().any(is_one)
    }

    fn notification(&mut self, notification: Notification) {
        let method = notification.method.clone();
        if let Err(text) = guarded(|| self.notice(notification)) {
            self.recover(&format!("`{method}` failed: {text}"));
        }
    }

    fn notice(&mut self, notification: Notification) {
        let Notification { method, params, .. } = notification;
        match method.as_str() {
            DidOpenTextDocument::METHOD => {
                if let Some(params) = self.read::<DidOpenTextDocumentParams>(params) {
                    let document = params.text_document;
                    self.documents.open(document.uri, document.version, document.text);
                }
            }
            DidChangeTextDocument::METHOD => {
                if let Some(params) = self.read::<DidChangeTextDocumentParams>(params) {
                    let document = params.text_document;
                    if !self.documents.change(&document.uri, document.version, params.content_changes) {
                        self.log(format!("`{}` is changed and not open", document.uri));
                    }
                }
            }
            DidCloseTextDocument::METHOD => {
                if let Some(params) = self.read::<DidCloseTextDocumentParams>(params) {
                    self.documents.close(&params.text_document.uri);
                }
            }
            // What is saved is known already, and an editor that watches tells of the rest.
            DidSaveTextDocument::METHOD if self.options.watches => return,
            DidSaveTextDocument::METHOD => self.documents.refresh(),
            DidChangeWatchedFiles::METHOD => {
                if let Some(params) = self.read::<DidChangeWatchedFilesParams>(params) {
                    self.documents.change_on_disk(&params.changes);
                }
            }
            DidChangeWorkspaceFolders::METHOD => {
                if let Some(params) = self.read::<DidChangeWorkspaceFoldersParams>(params) {
                    self.options.change(&params.event);
                    self.documents.choose(self.options.clone());
                }
            }
            _ => return,
        }
        self.changed = true;
    }

    fn read<T: DeserializeOwned>(&self, params: Value) -> Option<T> {
        let read = serde_json::from_value(params);
        read.map_err(|error| self.log(format!("a message could not be read: {error}"))).ok()
    }

    /// Tells the editor what is wrong now, and what no longer is.
    fn publish(&mut self) {
        self.changed = false;
        self.tell_unread();
        let documents = &mut self.documents;
        let found = guarded(|| {
            let programs = documents.programs();
            let mut found: HashMap<Url, Vec<Diagnostic>> = HashMap::new();
            for (url, problems) in programs.iter().flat_map(|program| problems::all(program)) {
                let Some(known) = found.get_mut(&url) else {
                    found.insert(url, problems);
                    continue;
                };
                // A module has the problems of all programs that take it in, each once.
                for problem in problems {
                    if !known.contains(&problem) {
                        known.push(problem);
                    }
                }
            }
            found
        });
        let found = match found {
            Ok(found) => found,
            Err(text) => return self.check_failed(&text),
        };
        let known: HashSet<Url> = self.published.keys().chain(found.keys()).cloned().collect();
        let mut known: Vec<Url> = known.into_iter().collect();
        known.sort();
        for url in known {
            let (before, now) = (self.published.get(&url), found.get(&url));
            let none = Vec::new();
            let now = now.unwrap_or(&none);
            if before.unwrap_or(&none) == now && (before.is_some() || now.is_empty()) && !self.is_new(&url) {
                continue;
            }
            let (spelled, version) = (self.documents.spelled(&url), self.documents.version(&url));
            let params = PublishDiagnosticsParams::new(spelled, now.clone(), version);
            self.send(Notification::new(PublishDiagnostics::METHOD.to_owned(), params));
        }
        self.published = found;
    }

    /// True for an open document that the editor was told nothing of yet.
    fn is_new(&self, url: &Url) -> bool {
        self.documents.is_open(url) && !self.published.contains_key(url)
    }

    /// Goes on after a fault of ours: nothing that was made meanwhile is kept.
    fn recover(&mut self, text: &str) {
        self.documents.restart();
        self.log(format!("{text}; please report it"));
    }
}
