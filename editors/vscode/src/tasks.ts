import * as path from "node:path";
import * as vscode from "vscode";

import { meshc } from "./meshc";

interface Definition extends vscode.TaskDefinition {
  command: "check" | "build";
  path: string;
  out?: string;
  arguments?: string[];
}

/** `meshc check` and `meshc build` for every folder that holds a program. */
export class MeshcTasks implements vscode.TaskProvider {
  async provideTasks(): Promise<vscode.Task[]> {
    const files = await vscode.workspace.findFiles("**/*.mesh", "**/node_modules/**");
    const programs = new Map<string, vscode.Uri>(files.map((file) => [path.dirname(file.fsPath), file]));
    return [...programs].sort(([a], [b]) => a.localeCompare(b)).flatMap(([program, file]) => {
      const folder = vscode.workspace.getWorkspaceFolder(file);
      const relative = folder ? path.relative(folder.uri.fsPath, program) || "." : program;
      return (["check", "build"] as const).map((command) => taskFor(folder, { type: "meshc", command, path: relative }));
    });
  }

  resolveTask(task: vscode.Task): vscode.Task {
    const folder = typeof task.scope === "object" ? task.scope : vscode.workspace.workspaceFolders?.[0];
    // The definition has to stay the same object: by it the editor knows its task again.
    return taskFor(folder, task.definition as Definition);
  }
}

/** The task of a definition. */
export function taskFor(folder: vscode.WorkspaceFolder | undefined, definition: Definition): vscode.Task {
  const args = [definition.command, "--diagnostics", "short", ...(definition.arguments ?? [])];
  if (definition.out) {
    args.push("--out", definition.out);
  }
  const task = new vscode.Task(
    definition,
    folder ?? vscode.TaskScope.Global,
    `${definition.command} ${definition.path}`,
    "meshc",
    // No shell, so that a folder may be called as it likes.
    new vscode.ProcessExecution(meshc(folder), [...args, "--", definition.path], { cwd: folder?.uri.fsPath }),
    "$meshc",
  );
  task.group = vscode.TaskGroup.Build;
  return task;
}
