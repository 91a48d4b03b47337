import * as vscode from "vscode";
import type { Position, Range } from "vscode-languageclient";

import { opened } from "./opened";
import type { Server } from "./server";

const address = vscode.Uri.parse("mesh-compiled:/compiled.yaml");
const mistakes = "# This program does not compile yet. The Problems panel says why.\n";
/** Long enough that a word is typed to its end, short enough that the view seems to follow. */
const pause = 120;

interface Compiled {
  text: string;
  range?: Range;
}

/** The YAML of the program under the cursor. There is one view, which follows the cursor from program to program. */
export class CompiledView implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;

  private readonly mark = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor("editor.rangeHighlightBackground"),
    overviewRulerColor: new vscode.ThemeColor("editorOverviewRuler.rangeHighlightForeground"),
    overviewRulerLane: vscode.OverviewRulerLane.Full,
  });
  private readonly subscriptions: vscode.Disposable[];
  private text = mistakes;
  private of: string | undefined;
  private range: vscode.Range | undefined;
  private asked = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly server: Server) {
    this.subscriptions = [
      this.changed,
      this.mark,
      vscode.workspace.registerTextDocumentContentProvider(address.scheme, this),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => this.follow(textEditor)),
      vscode.window.onDidChangeActiveTextEditor((editor) => this.follow(editor)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        if (document.uri.toString() === address.toString()) {
          this.paint();
        } else {
          this.follow(vscode.window.activeTextEditor);
        }
      }),
    ];
  }

  /** Opens the view beside a program; a code lens says where in which file. */
  async show(uri?: unknown, position?: Position): Promise<void> {
    const editor = await opened(uri, position);
    if (!editor) {
      return;
    }
    await this.update(editor);
    const document = await vscode.workspace.openTextDocument(address);
    const viewColumn = this.view()?.viewColumn ?? vscode.ViewColumn.Beside;
    await vscode.window.showTextDocument(document, { viewColumn, preserveFocus: true, preview: false });
    this.paint();
  }

  provideTextDocumentContent(): string {
    return this.text;
  }

  dispose(): void {
    clearTimeout(this.timer);
    vscode.Disposable.from(...this.subscriptions).dispose();
  }

  private view(): vscode.TextEditor | undefined {
    return vscode.window.visibleTextEditors.find(({ document }) => document.uri.toString() === address.toString());
  }

  private follow(editor: vscode.TextEditor | undefined): void {
    if (editor?.document.languageId === "mesh" && this.view()) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => void this.update(editor), pause);
    }
  }

  private async update(editor: vscode.TextEditor): Promise<void> {
    const uri = editor.document.uri.toString();
    const asked = ++this.asked;
    const compiled = await this.server.request<Compiled>("mesh/compiled", {
      textDocument: { uri },
      position: editor.selection.active,
    });
    if (asked !== this.asked) {
      return;
    }
    // While somebody types, most programs are wrong: what this one was before is of more use than nothing.
    const text = compiled?.text ?? (this.of === uri ? this.text : mistakes);
    const { start, end } = compiled?.range ?? {};
    this.range = start && end && new vscode.Range(start.line, start.character, end.line, end.character);
    this.of = uri;
    if (text === this.text) {
      this.paint();
    } else {
      this.text = text;
      // The change of the document paints it.
      this.changed.fire(address);
    }
  }

  private paint(): void {
    const view = this.view();
    view?.setDecorations(this.mark, this.range ? [this.range] : []);
    if (view && this.range) {
      view.revealRange(this.range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
    }
  }
}
