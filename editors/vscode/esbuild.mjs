import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const { metafile } = await build({
  entryPoints: ["src/extension.ts"],
  bundle: true,
  outfile: "dist/extension.js",
  platform: "node",
  // The Node of the oldest VS Code that the manifest takes.
  target: "node20",
  format: "cjs",
  // The editor brings this one along.
  external: ["vscode"],
  minify: true,
  metafile: true,
});

// The licences of what is bundled want to be handed on with it.
const packages = Object.keys(metafile.inputs).flatMap((file) => file.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/) ?? []);
const notices = [...new Set(packages)].sort().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const file = ["LICENSE", "LICENSE.md", "License.txt"].map((it) => `${folder}/${it}`).find(existsSync);
  if (!file) {
    throw new Error(`${folder} has no file with its licence`);
  }
  return `${name} ${version} (${license})\n\n${readFileSync(file, "utf8").trim()}\n`;
});
writeFileSync("dist/NOTICES.txt", notices.join(`\n${"-".repeat(80)}\n\n`));
