import * as vscode from "vscode";
import type { Position } from "vscode-languageclient";

/**
 * The editor that a command is about. A code lens gives the address as a text, and a position, which the cursor goes
 * to; a menu or a key means the editor in front.
 */
export async function opened(uri?: unknown, position?: Position): Promise<vscode.TextEditor | undefined> {
  if (typeof uri !== "string") {
    return vscode.window.activeTextEditor;
  }
  const at = position && new vscode.Position(position.line, position.character);
  const shown = vscode.window.visibleTextEditors.find(({ document }) => document.uri.toString() === vscode.Uri.parse(uri).toString());
  return vscode.window.showTextDocument(vscode.Uri.parse(uri), {
    viewColumn: shown?.viewColumn,
    selection: at && new vscode.Range(at, at),
  });
}
