// Every snippet compiles as it stands when it is put in, in a program that declares the names it starts with.
//
// MESHC names the compiler.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const snippets = JSON.parse(readFileSync(new URL("../snippets/mesh.json", import.meta.url), "utf8"));

const surroundings = [
  "use std/istioctl",
  "in shop",
  "service frontend < http 8080; account frontend >",
  "service orders < http 8080; versions v1, v2; account orders >",
];

// What the editor puts in before anything is typed: the first choice, or the text of a place, which may name another.
function expanded(body) {
  const places = new Map([["0", ""]]);
  let text = body.join("\n").replaceAll("\\$", "\0");
  text = text.replace(/\$\{(\d+)\|([^,|]*)[^|]*\|\}/g, (_, place, first) => `\${${place}:${first}}`);
  text = text.replace(/\$\{(\d+):((?:[^{}]|\{[^}]*\})*)\}/g, (_, place, value) => {
    places.set(place, value);
    return `$${place}`;
  });
  while (/\$\d/.test(text)) {
    text = text.replace(/\$(\d+)/g, (_, place) => places.get(place));
  }
  return text.replaceAll("\0", "$");
}

for (const [name, { prefix, description, body }] of Object.entries(snippets)) {
  test(`the snippet ${prefix} compiles: ${name}`, () => {
    const text = expanded(body);
    // What the snippet says itself is not said for it.
    const said = surroundings.filter((line) => !text.includes(line.split(" ").slice(0, 2).join(" ")));
    const input = `${said.join("\n")}\n${text}\n`;
    const checked = spawnSync(process.env.MESHC, ["check", "--deny", "warnings", "-"], { input, encoding: "utf8" });
    assert.equal(checked.status, 0, `${input}\n${checked.stderr}`);
    assert.ok(description.length > 0);
  });
}

test("no two snippets have one prefix", () => {
  const prefixes = Object.values(snippets).map(({ prefix }) => prefix);
  assert.deepEqual(prefixes, [...new Set(prefixes)]);
});
