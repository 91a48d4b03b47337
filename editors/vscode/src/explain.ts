import * as vscode from "vscode";

import type { Server } from "./server";

/** What meshc says of a word, as a page. */
export class Explanations implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly texts = new Map<string, string>();
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider("mesh-explain", this);

  constructor(private readonly server: Server) {}

  async show(): Promise<void> {
    const word = wordUnderCursor() ?? (await vscode.window.showInputBox({
      prompt: "A word of Mesh, a code such as E0401, or a field of Istio such as spec.http.retries",
    }));
    if (!word) {
      return;
    }
    const explanation = await this.server.request<{ text: string }>("mesh/explain", { word });
    if (!explanation) {
      void vscode.window.showInformationMessage(`meshc has nothing to say about \`${word}\`.`);
      return;
    }
    const uri = vscode.Uri.from({ scheme: "mesh-explain", path: `/${word}.md` });
    this.texts.set(uri.toString(), explanation.text);
    await vscode.commands.executeCommand("markdown.showPreviewToSide", uri);
  }

  provideTextDocumentContent(uri: vscode.Uri): string | undefined {
    return this.texts.get(uri.toString());
  }

  dispose(): void {
    this.registration.dispose();
  }
}

function wordUnderCursor(): string | undefined {
  const editor = vscode.window.activeTextEditor;
  const range = editor?.document.getWordRangeAtPosition(editor.selection.active);
  return range && editor?.document.getText(range);
}
