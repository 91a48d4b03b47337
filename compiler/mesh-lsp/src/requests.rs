//! The requests, each to the file that answers it.

use std::rc::Rc;

use lsp_server::Request;
use lsp_types::request::{
    CodeActionRequest, CodeLensRequest, Completion, DocumentHighlightRequest, DocumentSymbolRequest,
    FoldingRangeRequest, Formatting, GotoDefinition, HoverRequest, InlayHintRequest, OnTypeFormatting,
    PrepareRenameRequest, RangeFormatting, References, Rename, Request as _, SelectionRangeRequest,
    SemanticTokensFullRequest, SignatureHelpRequest, WorkspaceSymbolRequest,
};
use lsp_types::{Position, TextDocumentIdentifier, TextDocumentPositionParams, Url};
use mesh_diagnostics::{FileId, Source};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::documents::Documents;
use crate::options::Options;
use crate::position::{Encoding, byte};
use crate::program::Program;
use crate::{
    actions, complete, content, hints, hover, lenses, names, outline, rename, selection, signature, tokens, typing,
};

/// Why there is no answer.
pub enum Failure {
    /// There is no such request.
    Unknown,
    /// Its parameters are not those of the protocol.
    Parameters(String),
    /// It cannot be done, in a sentence for people.
    Refused(String),
}

/// What the server tells of itself.
pub fn initialized(options: &Options) -> Value {
    json!({
        "serverInfo": { "name": "meshc", "version": env!("CARGO_PKG_VERSION") },
        "capabilities": {
            "positionEncoding": if options.encoding == Encoding::Utf8 { "utf-8" } else { "utf-16" },
            "textDocumentSync": { "openClose": true, "change": 2, "save": {} },
            "completionProvider": { "triggerCharacters": [" ", "@", "$", ".", "<", "/", "{", ",", "("] },
            "hoverProvider": true,
            "signatureHelpProvider": { "triggerCharacters": [" ", ","], "retriggerCharacters": [" ", ","] },
            "definitionProvider": true,
            "referencesProvider": true,
            "documentHighlightProvider": true,
            "documentSymbolProvider": true,
            "workspaceSymbolProvider": true,
            "codeActionProvider": { "codeActionKinds": ["quickfix", "source.fixAll"] },
            "codeLensProvider": if options.lenses { json!({}) } else { Value::Null },
            "documentFormattingProvider": true,
            "documentRangeFormattingProvider": true,
            "documentOnTypeFormattingProvider": { "firstTriggerCharacter": ">", "moreTriggerCharacter": ["\n"] },
            "renameProvider": { "prepareProvider": true },
            "foldingRangeProvider": true,
            "selectionRangeProvider": true,
            "inlayHintProvider": options.hints,
            "semanticTokensProvider": { "legend": tokens::legend(), "full": true },
            "workspace": {
                "workspaceFolders": { "supported": true, "changeNotifications": true },
                "textDocumentContent": { "schemes": content::SCHEMES }
            }
        }
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    text_document: TextDocumentIdentifier,
    position: Option<Position>,
}

#[derive(Deserialize)]
struct Address {
    uri: Url,
}

#[derive(Deserialize)]
struct Topic {
    word: String,
}

/// Answers a request.
pub fn answer(documents: &mut Documents, options: &Options, request: &Request) -> Result<Value, Failure> {
    let params = &request.params;
    match request.method.as_str() {
        Completion::METHOD => {
            let params: lsp_types::CompletionParams = read(params)?;
            at_once(documents, options, &params.text_document_position, |program, source, file, at| {
                complete::of(program, source, file, at, options.snippets)
            })
        }
        HoverRequest::METHOD => {
            let params: lsp_types::HoverParams = read(params)?;
            place(documents, &params.text_document_position_params, hover::of)
        }
        SignatureHelpRequest::METHOD => {
            let params: lsp_types::SignatureHelpParams = read(params)?;
            let params = &params.text_document_position_params;
            at_once(documents, options, params, |_, source, file, at| signature::of(&source.text, file, at))
        }
        GotoDefinition::METHOD => {
            let params: lsp_types::GotoDefinitionParams = read(params)?;
            place(documents, &params.text_document_position_params, names::definition)
        }
        References::METHOD => {
            let params: lsp_types::ReferenceParams = read(params)?;
            let declaration = params.context.include_declaration;
            let Some((program, file, at)) = there(documents, &params.text_document_position) else {
                return Ok(Value::Null);
            };
            give(names::references(documents, &program, file, at, declaration))
        }
        DocumentHighlightRequest::METHOD => {
            let params: lsp_types::DocumentHighlightParams = read(params)?;
            place(documents, &params.text_document_position_params, names::highlights)
        }
        PrepareRenameRequest::METHOD => {
            let params: TextDocumentPositionParams = read(params)?;
            let Some((program, file, at)) = there(documents, &params) else { return Ok(Value::Null) };
            give(rename::renamed(&program, file, at).map(|(span, _)| program.range(span)).map_err(Failure::Refused)?)
        }
        Rename::METHOD => {
            let params: lsp_types::RenameParams = read(params)?;
            let Some((program, file, at)) = there(documents, &params.text_document_position) else {
                return Ok(Value::Null);
            };
            give(rename::rename(documents, &program, file, at, &params.new_name).map_err(Failure::Refused)?)
        }
        CodeActionRequest::METHOD => {
            let params: lsp_types::CodeActionParams = read(params)?;
            whole(documents, &params.text_document.uri, |program, file| {
                actions::of(program, file, params.range, params.context.only.as_deref())
            })
        }
        CodeLensRequest::METHOD => {
            let params: lsp_types::CodeLensParams = read(params)?;
            whole(documents, &params.text_document.uri, lenses::of)
        }
        DocumentSymbolRequest::METHOD => {
            let params: lsp_types::DocumentSymbolParams = read(params)?;
            whole(documents, &params.text_document.uri, outline::symbols)
        }
        FoldingRangeRequest::METHOD => {
            let params: lsp_types::FoldingRangeParams = read(params)?;
            whole(documents, &params.text_document.uri, outline::folds)
        }
        SelectionRangeRequest::METHOD => {
            let params: lsp_types::SelectionRangeParams = read(params)?;
            whole(documents, &params.text_document.uri, |program, file| selection::of(program, file, &params.positions))
        }
        SemanticTokensFullRequest::METHOD => {
            let params: lsp_types::SemanticTokensParams = read(params)?;
            whole(documents, &params.text_document.uri, tokens::of)
        }
        InlayHintRequest::METHOD => {
            let params: lsp_types::InlayHintParams = read(params)?;
            whole(documents, &params.text_document.uri, |program, file| hints::of(program, file, params.range))
        }
        Formatting::METHOD => {
            let params: lsp_types::DocumentFormattingParams = read(params)?;
            whole(documents, &params.text_document.uri, typing::whole)
        }
        RangeFormatting::METHOD => {
            let params: lsp_types::DocumentRangeFormattingParams = read(params)?;
            whole(documents, &params.text_document.uri, |program, file| typing::part(program, file, params.range))
        }
        OnTypeFormatting::METHOD => {
            let params: lsp_types::DocumentOnTypeFormattingParams = read(params)?;
            at_once(documents, options, &params.text_document_position, |program, source, file, at| {
                typing::line(source, file, at, program.encoding)
            })
        }
        WorkspaceSymbolRequest::METHOD => {
            let params: lsp_types::WorkspaceSymbolParams = read(params)?;
            give(names::workspace(&documents.everything(), &params.query))
        }
        "workspace/textDocumentContent" => {
            let params: Address = read(params)?;
            give(content::page(&params.uri).map(|text| json!({ "text": text })))
        }
        "mesh/compiled" => {
            let params: Place = read(params)?;
            whole(documents, &params.text_document.uri, |program, file| {
                content::compiled(program, file, params.position)
            })
        }
        "mesh/graph" => {
            let params: Place = read(params)?;
            whole(documents, &params.text_document.uri, |program, _| content::graph(program))
        }
        "mesh/explain" => {
            let params: Topic = read(params)?;
            give(mesh_compiler::explain::page(&params.word).map(|text| json!({ "text": content::markdown(&text) })))
        }
        // For whoever watches how the server does: what it remembers does not grow with what is typed.
        "mesh/memory" => give(json!({ "statements": documents.remembered() })),
        _ => Err(Failure::Unknown),
    }
}

fn read<T: DeserializeOwned>(params: &Value) -> Result<T, Failure> {
    serde_json::from_value(params.clone()).map_err(|error| Failure::Parameters(error.to_string()))
}

fn give(value: impl Serialize) -> Result<Value, Failure> {
    serde_json::to_value(value).map_err(|error| Failure::Refused(error.to_string()))
}

/// The program, the file and the byte that a request is about; nothing where it is about another document.
fn there(documents: &mut Documents, params: &TextDocumentPositionParams) -> Option<(Rc<Program>, FileId, usize)> {
    let program = documents.program(&params.text_document.uri)?;
    let file = program.file(&params.text_document.uri)?;
    let at = program.byte(file, params.position);
    Some((program, file, at))
}

fn place<T: Serialize>(
    documents: &mut Documents,
    params: &TextDocumentPositionParams,
    answer: impl FnOnce(&Program, FileId, usize) -> T,
) -> Result<Value, Failure> {
    let Some((program, file, at)) = there(documents, params) else { return Ok(Value::Null) };
    give(answer(&program, file, at))
}

/// For what an editor asks with every key: nothing is compiled first.
fn at_once<T: Serialize>(
    documents: &mut Documents,
    options: &Options,
    params: &TextDocumentPositionParams,
    answer: impl FnOnce(&Program, &Source, FileId, usize) -> T,
) -> Result<Value, Failure> {
    let url = &params.text_document.uri;
    let Some((program, source)) = documents.at_once(url) else { return Ok(Value::Null) };
    let Some(file) = program.file(url) else { return Ok(Value::Null) };
    let at = byte(&source.text, params.position, options.encoding);
    give(answer(&program, &source, file, at))
}

fn whole<T: Serialize>(
    documents: &mut Documents,
    url: &Url,
    answer: impl FnOnce(&Program, FileId) -> T,
) -> Result<Value, Failure> {
    let Some(program) = documents.program(url) else { return Ok(Value::Null) };
    let Some(file) = program.file(url) else { return Ok(Value::Null) };
    give(answer(&program, file))
}
