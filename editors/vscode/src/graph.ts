import { randomBytes } from "node:crypto";
import * as vscode from "vscode";

import type { Server } from "./server";

/** The picture of a program in a panel, drawn anew whenever one of its files is saved. */
export class GraphView implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  private of: vscode.Uri | undefined;
  private readonly saved = vscode.workspace.onDidSaveTextDocument(async ({ languageId }) => {
    if (languageId === "mesh" && this.panel) {
      await this.draw();
    }
  });

  constructor(private readonly server: Server) {}

  async show(): Promise<void> {
    const document = vscode.window.activeTextEditor?.document;
    if (!document) {
      return;
    }
    this.of = document.uri;
    if (this.panel) {
      this.panel.reveal();
    } else {
      this.panel = vscode.window.createWebviewPanel("mesh.graph", "Mesh Graph", vscode.ViewColumn.Beside, {
        enableScripts: true,
        localResourceRoots: [],
        // What is searched, folded and moved stays so while another tab is in front.
        retainContextWhenHidden: true,
      });
      this.panel.onDidDispose(() => (this.panel = undefined));
    }
    await this.draw();
  }

  dispose(): void {
    this.saved.dispose();
    this.panel?.dispose();
  }

  private async draw(): Promise<void> {
    const graph = await this.server.request<{ html: string }>("mesh/graph", {
      textDocument: { uri: String(this.of) },
    });
    // A program that does not compile keeps the picture that it had.
    if (graph && this.panel) {
      this.panel.webview.html = guarded(graph.html);
    } else if (!graph) {
      void vscode.window.showWarningMessage("There is no picture of this program yet: the Problems panel says why.");
    }
  }
}

/** The page under a policy that lets its own script and styles run, and nothing be fetched. */
function guarded(html: string): string {
  const nonce = randomBytes(16).toString("base64");
  const policy = `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'nonce-${nonce}'`;
  const { kind } = vscode.window.activeColorTheme;
  const isDark = kind === vscode.ColorThemeKind.Dark || kind === vscode.ColorThemeKind.HighContrast;
  return html
    .replace("<head>", () => `<head><meta http-equiv="Content-Security-Policy" content="${policy}">`)
    .replace("<body>", () => `<body class="${isDark ? "dark" : "light"}">`)
    .replaceAll("<script", () => `<script nonce="${nonce}"`);
}
