import * as path from "node:path";
import * as vscode from "vscode";

import { opened } from "./opened";
import { taskFor } from "./tasks";

/** Compiles the program of a file, as a task, so that its problems are listed and its output can be read. */
export async function build(uri?: unknown): Promise<void> {
  const document = (await opened(uri))?.document;
  if (document?.uri.scheme !== "file") {
    void vscode.window.showInformationMessage("meshc builds files: save this one first.");
    return;
  }
  const folder = vscode.workspace.getWorkspaceFolder(document.uri);
  const program = path.dirname(document.uri.fsPath);
  const settings = vscode.workspace.getConfiguration("mesh", document);
  const out = settings.get("build.out", "");
  const set = Object.entries(settings.get<Record<string, string>>("set", {}));
  await vscode.tasks.executeTask(
    taskFor(folder, {
      type: "meshc",
      command: "build",
      path: folder ? path.relative(folder.uri.fsPath, program) || "." : program,
      ...(out ? { out } : {}),
      ...(set.length > 0 ? { arguments: set.map(([name, value]) => `--set=${name}=${value}`) } : {}),
    }),
  );
}
