import * as vscode from "vscode";

import { build } from "./build";
import { CompiledView } from "./compiled";
import { Explanations } from "./explain";
import { GraphView } from "./graph";
import { showReferences } from "./references";
import { Server } from "./server";
import { MeshcTasks } from "./tasks";

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const server = new Server();
  const compiled = new CompiledView(server);
  const graph = new GraphView(server);
  const explanations = new Explanations(server);
  context.subscriptions.push(
    server,
    compiled,
    graph,
    explanations,
    vscode.tasks.registerTaskProvider("meshc", new MeshcTasks()),
    vscode.commands.registerCommand("mesh.build", build),
    vscode.commands.registerCommand("mesh.showCompiled", compiled.show, compiled),
    vscode.commands.registerCommand("mesh.showGraph", graph.show, graph),
    vscode.commands.registerCommand("mesh.explain", explanations.show, explanations),
    vscode.commands.registerCommand("mesh.showReferences", showReferences),
    vscode.commands.registerCommand("mesh.restart", server.restart, server),
    vscode.workspace.onDidChangeConfiguration(async (change) => {
      const read = ["mesh.path", "mesh.programs", "mesh.set", "mesh.hints", "mesh.lenses"];
      if (read.some((setting) => change.affectsConfiguration(setting))) {
        await server.restart();
      }
    }),
  );
  await server.restart();
}
