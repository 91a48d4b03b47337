import * as vscode from "vscode";
import { LanguageClient } from "vscode-languageclient/node";

import { isReady, meshc } from "./meshc";

/** The language server, which is started anew when a setting that it reads is changed. */
export class Server implements vscode.Disposable {
  private readonly output = vscode.window.createOutputChannel("Mesh", { log: true });
  private client: LanguageClient | undefined;
  private turn = Promise.resolve();

  /** Starts the server, and stops the one before it. A restart waits for the one that is under way. */
  restart(): Promise<void> {
    this.turn = this.turn.then(async () => {
      await this.stop();
      await this.start();
    });
    return this.turn;
  }

  /** Asks what only this server answers. Without a server there is no answer. */
  async request<T>(method: string, params: object): Promise<T | null> {
    return this.client?.isRunning() ? this.client.sendRequest<T | null>(method, params) : null;
  }

  dispose(): void {
    void this.stop().finally(() => this.output.dispose());
  }

  private async start(): Promise<void> {
    const settings = vscode.workspace.getConfiguration("mesh");
    const command = meshc();
    if (!(await isReady(command))) {
      return;
    }
    // The id is also where the client looks for the setting `mesh.trace.server`.
    this.client = new LanguageClient("mesh", "Mesh", { command, args: ["lsp"] }, {
      documentSelector: [{ language: "mesh", scheme: "file" }, { language: "mesh", scheme: "untitled" }],
      initializationOptions: {
        hints: settings.get("hints", true),
        lenses: settings.get("lenses", true),
        programs: settings.get<string[]>("programs", []),
        set: settings.get<Record<string, string>>("set", {}),
      },
      outputChannel: this.output,
    });
    try {
      await this.client.start();
    } catch (error) {
      this.output.error(error instanceof Error ? error : String(error));
      this.output.show(true);
    }
  }

  private async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (client) {
      await client.dispose();
    }
  }
}
