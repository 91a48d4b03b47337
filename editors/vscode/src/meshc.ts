import { execFile } from "node:child_process";
import * as path from "node:path";
import { promisify } from "node:util";
import * as vscode from "vscode";

/** The command that runs meshc: the setting, where a path below the workspace folder is made absolute. */
export function meshc(folder = vscode.workspace.workspaceFolders?.[0]): string {
  const setting = vscode.workspace.getConfiguration("mesh").get<string>("path", "").trim() || "meshc";
  const isName = path.basename(setting) === setting;
  return isName || !folder ? setting : path.resolve(folder.uri.fsPath, setting);
}

/** Whether meshc is there and has a language server; where it has not, the user is told what to do. */
export async function isReady(command: string): Promise<boolean> {
  try {
    await promisify(execFile)(command, ["lsp", "--help"]);
    return true;
  } catch (error) {
    // It does not hold up the caller until somebody presses a button.
    void tell(message(command, error));
    return false;
  }
}

function message(command: string, error: unknown): string {
  const { code } = error as { code?: unknown };
  if (code === "ENOENT") {
    const looked = command === path.basename(command) ? "in PATH" : "there";
    return `meshc, the compiler of Mesh, was not found: ${command} is not ${looked}. Without it there is colour, and nothing else.`;
  }
  // A number is the status of a program that ran: one that does not know `lsp`.
  return typeof code === "number"
    ? `${command} has no language server. It is older than this extension, or another program.`
    : `${command} cannot be run: ${error instanceof Error ? error.message : String(error)}`;
}

async function tell(what: string): Promise<void> {
  const settings = "Open settings";
  const install = "How to install";
  const chosen = await vscode.window.showErrorMessage(what, settings, install);
  if (chosen === settings) {
    // On a remote machine, paths are settings of that machine.
    await (vscode.env.remoteName
      ? vscode.commands.executeCommand("workbench.action.openRemoteSettings", { query: "mesh.path" })
      : vscode.commands.executeCommand("workbench.action.openSettings", "mesh.path"));
  } else if (chosen === install) {
    await vscode.env.openExternal(vscode.Uri.parse("https://github.com/mesh-lang/meshc#try-it"));
  }
}
