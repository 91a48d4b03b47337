// The packaged extension in a real Visual Studio Code: code-server, looked at by a headless Chromium.
//
// MESHC names the compiler, CHROMIUM the browser, CODE_SERVER the folder of the npm package code-server, and NODE24 the
// Node that runs it; `npm run package` has written mesh.vsix before. MESH_SCREENSHOT=1 writes the pictures of the README anew.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { chromium } from "playwright-core";

const extension = new URL("..", import.meta.url).pathname;
const meshc = resolve(process.env.MESHC);
const folder = mkdtempSync(join(tmpdir(), "mesh-editor-"));
const program = join(folder, "program");
const file = join(program, "shop.mesh");
const settings = join(folder, "data/User/settings.json");

const right = `# A canary, and who may call it.
in shop

namespace shop < inject; mtls strict >
service frontend < http 8080; account frontend; calls orders >
service orders < http 8080; versions v1, v2; account orders >

route orders <
  when header x-beta "1" < v2 >
  v1: 90%, v2: 10%
  timeout 5s
>

allow orders < from frontend; to GET /orders/* >
`;
const shares = right.replace("v2: 10%", "v2: 20%");

const chosen = {
  "workbench.colorTheme": "Default Dark Modern",
  "workbench.startupEditor": "none",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.tips.enabled": false,
  "window.restoreWindows": "none",
  "telemetry.telemetryLevel": "off",
  "chat.disableAIFeatures": true,
  // A hover and a list of completions shall appear when they are asked for, and not by a mouse that rests somewhere.
  "editor.hover.enabled": "onKeyboardModifier",
  "editor.parameterHints.enabled": false,
  "editor.minimap.enabled": false,
  // A terminal that is drawn has no text to read.
  "terminal.integrated.gpuAcceleration": "off",
};

let server;
let address;
let browser;
let page;

before(async () => {
  for (const it of [program, dirname(settings)]) {
    mkdirSync(it, { recursive: true });
  }
  // By its name alone, meshc has to be found in PATH.
  const bin = join(folder, "bin");
  mkdirSync(bin);
  copyFileSync(meshc, join(bin, "meshc"));
  // Started from a shell, as it says, the editor takes PATH from there instead of asking a shell of its own.
  const env = { ...process.env, VSCODE_CLI: "1", PATH: `${bin}${delimiter}${process.env.PATH}` };
  const common = [
    join(process.env.CODE_SERVER, "out/node/entry.js"),
    "--config", join(folder, "config.yaml"),
    "--user-data-dir", join(folder, "data"),
    "--extensions-dir", join(folder, "extensions"),
  ];
  writeFileSync(join(folder, "config.yaml"), "");
  execFileSync(process.env.NODE24, [...common, "--install-extension", join(extension, "mesh.vsix")], { env, stdio: ["ignore", "ignore", "inherit"] });
  server = spawn(
    process.env.NODE24,
    [...common, "--auth", "none", "--bind-addr", "127.0.0.1:0", "--disable-telemetry", "--disable-update-check", "--disable-workspace-trust", "--disable-getting-started-override"],
    { env, stdio: ["ignore", "pipe", "inherit"] },
  );
  address = await new Promise((found, failed) => {
    let said = "";
    server.stdout.on("data", (data) => {
      said += data;
      const listening = said.match(/listening on (http:\S+?)\/?\s/);
      if (listening) {
        found(listening[1]);
      }
    });
    server.on("exit", () => failed(new Error(said)));
  });
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
});

after(async () => {
  await browser?.close();
  if (server) {
    const ended = new Promise((done) => server.once("exit", done));
    server.kill();
    await ended;
  }
  // What the server starts may still write for a moment.
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

// A window of its own for each test.
beforeEach(async () => {
  choose({});
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(30_000);
});
afterEach(() => page.close());

function choose(more) {
  writeFileSync(settings, JSON.stringify({ ...chosen, ...more }));
}

// Opens the folder of a program.
async function started(text) {
  writeFileSync(file, text);
  await page.goto(`${address}/?folder=${program}`);
  await page.locator(".explorer-folders-view").getByText("shop.mesh").waitFor();
}

// Opens a program of one file, and waits until the language server has answered where there is one.
async function opened(text, { isServed = true } = {}) {
  await started(text);
  await page.locator(".explorer-folders-view").getByText("shop.mesh").dblclick();
  await page.locator(".monaco-editor .view-line").first().waitFor();
  if (isServed) {
    await page.locator(".codelens-decoration").first().waitFor();
  }
}

async function command(name) {
  await page.keyboard.press("F1");
  await page.locator(".quick-input-widget input").fill(`>${name}`);
  await page.locator(".quick-input-list .monaco-list-row.focused").filter({ hasText: name }).waitFor();
  await page.keyboard.press("Enter");
}

// Puts the cursor in front of a text, by its place in the file.
async function goTo(text, word, behind = 0) {
  const before = text.slice(0, text.indexOf(word) + behind).split("\n");
  await page.keyboard.press("Control+g");
  await page.locator(".quick-input-widget input").fill(`:${before.length}:${before.at(-1).length + 1}`);
  await page.keyboard.press("Enter");
  await page.locator(".quick-input-widget").waitFor({ state: "hidden" });
}

async function until(what, holds) {
  const end = Date.now() + 30_000;
  while (!(await holds())) {
    assert.ok(Date.now() < end, `in half a minute: ${what}`);
    await page.waitForTimeout(50);
  }
}

async function saved(what, holds) {
  await page.keyboard.press("Control+s");
  await until(what, () => holds(readFileSync(file, "utf8")));
}

// A picture for the README, without the list of files, which has one.
async function pictured(name) {
  if (process.env.MESH_SCREENSHOT) {
    await page.keyboard.press("Control+b");
    await page.locator(".explorer-folders-view").waitFor({ state: "hidden" });
    await page.screenshot({ path: join(extension, `images/${name}.png`) });
  }
}

// Presses a code lens. The editor draws lenses several times at first, and a press between two of them is lost.
async function lens(link, opens) {
  await until(`${link} opens something`, async () => {
    await link.click();
    return opens.waitFor({ timeout: 2000 }).then(() => true, () => false);
  });
}

// What stands in the lines of the compiled YAML that are marked.
async function marked() {
  return page.locator(".editor-instance").last().evaluate((instance) => {
    const tops = [...instance.querySelectorAll('.view-overlays [class*="ced-"]')].map((mark) => mark.parentElement.style.top);
    const lines = [...instance.querySelectorAll(".view-line")].filter((line) => tops.includes(line.style.top));
    return lines.sort((a, b) => parseInt(a.style.top) - parseInt(b.style.top)).map((line) => line.textContent.replaceAll("\u00a0", " ")).join("\n");
  });
}

// Waits for an element in a panel: a page of its own, in a frame within a frame.
async function inFrame(selector, text = /^/) {
  let found;
  await until(`a panel has ${selector} ${text}`, async () => {
    for (const frame of page.frames()) {
      const element = frame.locator(selector).first();
      // A frame may go while it is looked at.
      const said = await element.textContent({ timeout: 200 }).catch(() => null);
      if (frame !== page.mainFrame() && said !== null && text.test(said.trim())) {
        found = element;
        return true;
      }
    }
    return false;
  });
  return found;
}

test("a mistake is underlined, and the Problems panel has it with its code", async () => {
  await opened(shares);
  await page.locator(".squiggly-error").first().waitFor();
  await command("Problems: Focus on Problems View");
  const problem = page.locator(".markers-panel .monaco-list-row").filter({ hasText: "E0401" });
  await problem.waitFor();
  assert.match(await problem.textContent(), /the shares come to 110%, not 100%/);
  await pictured("squiggle");
});

test("the code of a problem opens its page", async () => {
  await opened(shares);
  await command("Problems: Focus on Problems View");
  await page.locator(".markers-panel .monaco-list-row a").filter({ hasText: "E0401" }).click({ modifiers: ["ControlOrMeta"] });
  await inFrame("h1", /^E0401: /);
});

test("the quick fix mends a mistake", async () => {
  const slip = right.replace("timeout 5s", "timeout 5");
  await opened(slip);
  await page.locator(".squiggly-error").first().waitFor();
  await goTo(slip, "timeout 5", "timeout ".length);
  await page.keyboard.press("Control+.");
  await page.locator(".action-widget .monaco-list-row").filter({ hasText: "5s" }).first().waitFor();
  await page.keyboard.press("Enter");
  await page.locator(".squiggly-error").waitFor({ state: "detached" });
  await saved("the unit is there", (text) => text === right);
});

test("what needs no decision is mended all at once", async () => {
  await opened(right.replace("timeout 5s", "timeout 5").replace("route orders", "route ordres"));
  await page.locator(".squiggly-error").first().waitFor();
  await command("Fix All");
  await saved("both are mended", (text) => text === right);
});

test("a hover says what a word means", async () => {
  await opened(right);
  await goTo(right, "timeout");
  await command("Show or Focus Hover");
  const hover = page.locator(".monaco-hover:visible");
  await hover.filter({ hasText: "how long a request may take" }).waitFor();
});

test("completion offers the versions of the service", async () => {
  await opened(right);
  await goTo(right, "v1: 90%", "v1: 90%, v2: 10%".length);
  await page.keyboard.type("\n");
  await page.keyboard.type("when path /x < ");
  await page.keyboard.press("Control+Space");
  const rows = page.locator(".suggest-widget.visible .monaco-list-row");
  for (const version of ["v1", "v2"]) {
    await rows.filter({ hasText: new RegExp(`^${version}`) }).first().waitFor();
  }
});

test("words, names, texts and comments differ in colour", async () => {
  await opened(right);
  const colour = (line, word) => page.locator(".view-line").filter({ hasText: line }).locator("span span").filter({ hasText: word })
    .first().evaluate((span) => getComputedStyle(span).color);
  const colours = [
    await colour("A canary", "# A canary"),
    await colour("route", "route"),
    await colour("when", '"1"'),
    await colour("timeout", "5s"),
  ];
  assert.equal(new Set(colours).size, colours.length, colours.join(" "));
});

test("formatting is meshc's", async () => {
  await opened(right.replace("  timeout 5s", "      timeout    5s"));
  await command("Format Document");
  await saved("the indentation is even", (text) => text === right);
});

test("a rename reaches every use", async () => {
  await opened(right);
  await goTo(right, "service orders", "service ".length);
  await page.keyboard.press("F2");
  await page.locator(".rename-box input").fill("carts");
  await page.keyboard.press("Enter");
  await saved("no use keeps the old name", (text) => text === right.replaceAll(/\borders\b(?! account|\/)/g, "carts").replace("account carts", "account orders"));
});

test("the compiled YAML opens beside, follows the cursor, and what is typed", async () => {
  await opened(right);
  await goTo(right, "v1: 90%");
  await command("Mesh: Show Compiled YAML Beside");
  await page.locator(".tab").filter({ hasText: "compiled.yaml" }).waitFor();
  await until("the route is marked", async () => /kind: VirtualService[^]*weight: 90/.test(await marked()));
  await pictured("compiled");
  await goTo(right, "allow orders");
  await until("the policy is marked", async () => /kind: AuthorizationPolicy/.test(await marked()));
  await goTo(right, "v1: 90%", "v1: ".length);
  await page.keyboard.press("Delete");
  await page.keyboard.type("8");
  await goTo(right, "v2: 10%", "v2: ".length);
  await page.keyboard.press("Delete");
  await page.keyboard.type("2");
  await until("the new shares are there", async () => /weight: 80[^]*weight: 20/.test(await marked()));
});

test("a code lens opens the compiled YAML of its statement", async () => {
  await opened(right);
  await lens(page.locator(".codelens-decoration").last().getByText("show YAML"), page.locator(".tab").filter({ hasText: "compiled.yaml" }));
  await until("the policy is marked", async () => /kind: AuthorizationPolicy/.test(await marked()));
});

test("the callers of a service are listed", async () => {
  await opened(right);
  await lens(page.locator(".codelens-decoration").getByText("1 caller"), page.locator(".peekview-widget").filter({ hasText: "shop.mesh" }));
});

test("the graph opens in a panel, its script runs, and a saved change is drawn", async () => {
  await opened(right);
  await command("Mesh: Show Graph");
  await inFrame("#summary", /2 services/);
  const graph = await inFrame('.node[aria-label^="service orders"]');
  await graph.click();
  await inFrame("#panel h2", /service orders/);
  await page.locator(".tab").filter({ hasText: "shop.mesh" }).click();
  await goTo(right, "in shop", "in shop\n".length);
  await page.keyboard.type("service carts");
  await page.keyboard.press("Control+s");
  await inFrame("#summary", /3 services/);
});

test("a word is explained", async () => {
  await opened(right);
  await goTo(right, "timeout");
  await command("Mesh: Explain Word Under Cursor");
  await inFrame("body", /how long a request may take/);
});

test("a profile of the library opens as a source", async () => {
  const text = `use std/resilience\n${right.replace("timeout 5s", "with resilient")}`;
  await opened(text);
  await goTo(text, "resilient");
  await page.keyboard.press("F12");
  await page.locator(".tab.active").filter({ hasText: "resilience.mesh" }).waitFor();
  await page.locator(".view-line").filter({ hasText: "profile resilient" }).first().waitFor();
});

test("a task lists the problems of a program that is not open", async () => {
  await started(shares);
  // Behind the word `task`, the field for files has tasks.
  await page.keyboard.press("Control+p");
  await page.locator(".quick-input-widget input").fill("task meshc");
  await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: "meshc" }).first().click();
  await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: "check ." }).click();
  await page.locator(".xterm-rows").filter({ hasText: "E0401" }).waitFor();
  await command("Problems: Focus on Problems View");
  await page.locator(".markers-panel .monaco-list-row").filter({ hasText: "E0401" }).waitFor();
});

test("a build prints the bundle in the terminal", async () => {
  await opened(right);
  await command("Mesh: Build");
  const lines = page.locator(".xterm-rows > div");
  await until("the end of the bundle is there", async () => (await lines.allTextContents()).join("\n").includes("weight: 10"));
});

test("where meshc is missing, a message says what to do, and a right path mends it", async () => {
  choose({ "mesh.path": "/nowhere/meshc" });
  await opened(shares, { isServed: false });
  const message = page.locator(".notification-toast").filter({ hasText: "meshc, the compiler of Mesh, was not found: /nowhere/meshc is not there" });
  await message.getByRole("button", { name: "How to install" }).waitFor();
  await message.getByRole("button", { name: "Open settings" }).click();
  await page.locator(".settings-editor").filter({ hasText: "Mesh: Path" }).waitFor();
  assert.equal(await page.locator(".squiggly-error").count(), 0);
  await page.locator(".settings-editor input[type=text]").last().fill(meshc);
  await page.locator(".squiggly-error").first().waitFor();
});
