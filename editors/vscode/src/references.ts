import * as vscode from "vscode";
import type { Location, Position, Range } from "vscode-languageclient";

/** A code lens has the types of the protocol, which the editor's own command does not take. */
export async function showReferences(uri: string, position: Position, locations: Location[]): Promise<void> {
  await vscode.commands.executeCommand(
    "editor.action.showReferences",
    vscode.Uri.parse(uri),
    new vscode.Position(position.line, position.character),
    locations.map((location) => new vscode.Location(vscode.Uri.parse(location.uri), range(location.range))),
  );
}

function range({ start, end }: Range): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}
