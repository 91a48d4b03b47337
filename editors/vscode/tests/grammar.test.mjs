// The colours of the grammar: what `grammar/*.test.mesh` says of words, and that the scopes of every word of the examples
// are those that were looked at once. MESH_UPDATE=1 writes them anew.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

const extension = new URL("..", import.meta.url).pathname;
const examples = join(extension, "../../examples");
const snapshots = join(extension, "tests/grammar/snapshots");
// The tool looks for a snapshot beside its text, where the examples shall have none: both are copied to one place.
const folder = mkdtempSync(join(tmpdir(), "mesh-scopes-"));
after(() => rmSync(folder, { recursive: true }));

const update = process.env.MESH_UPDATE === "1";
if (update) {
  mkdirSync(snapshots, { recursive: true });
}

function run(tool, ...args) {
  const { status, stdout, stderr } = spawnSync(join(extension, "node_modules/.bin", tool), args, { cwd: extension, encoding: "utf8" });
  assert.equal(status, 0, stdout + stderr);
}

for (const file of readdirSync(join(extension, "tests/grammar")).filter((file) => file.endsWith(".test.mesh"))) {
  test(`the scopes are as ${file} says`, () => run("vscode-tmgrammar-test", `tests/grammar/${file}`));
}

const files = readdirSync(examples, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => readdirSync(join(examples, name)).filter((file) => file.endsWith(".mesh")).map((file) => [name, file]));

for (const [example, file] of files) {
  test(`the scopes of ${example}/${file} are as before`, () => {
    const text = join(folder, `${example}.mesh`);
    const snapshot = join(snapshots, `${example}.mesh.snap`);
    copyFileSync(join(examples, example, file), text);
    if (!update) {
      assert.ok(existsSync(snapshot), `there is no ${snapshot}`);
      copyFileSync(snapshot, `${text}.snap`);
    }
    run("vscode-tmgrammar-snap", "--scope", "source.mesh", ...(update ? ["--updateSnapshot"] : []), text);
    if (update) {
      copyFileSync(`${text}.snap`, snapshot);
    }
  });
}
