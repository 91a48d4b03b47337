// The page of `meshc graph` in a real Chromium: searched, folded, read by keyboard, in light and dark.
//
// MESHC names the compiler, CHROMIUM the browser. MESH_SCREENSHOT=1 writes the picture of the example's README anew.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

const root = new URL("../..", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "mesh-page-"));
let browser;

before(async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
});
after(() => browser.close());

// A page of its own for each test; what its script complains of fails it.
async function opened(program, options = {}) {
  const file = join(folder, `${Math.random().toString(36).slice(2)}.html`);
  execFileSync(process.env.MESHC, ["graph", program, "--out", file], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  const page = await browser.newPage({ viewport: { width: 1400, height: 800 }, ...options });
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("requestfailed", (request) => wrong.push(request.url()));
  page.on("request", (request) => request.url().startsWith("file:") || wrong.push(`asks for ${request.url()}`));
  await page.goto(`file://${file}`);
  return { page, done: async () => { assert.deepEqual(wrong, []); await page.close(); } };
}

const shop = "examples/shop";

// Five hundred services in twenty-five namespaces.
function large() {
  const lines = [];
  for (let team = 0; team < 25; team++) {
    lines.push(`namespace team-${team} < inject; mtls strict >`);
    for (let at = 0; at < 20; at++) {
      const next = at < 19 ? [`s-${team}-${at + 1}`] : [];
      const other = at % 5 === 0 && team < 24 ? [`s-${team + 1}-${at}.team-${team + 1}`] : [];
      const calls = [...next, ...other].length ? `; calls ${[...next, ...other].join(", ")}` : "";
      lines.push(`service s-${team}-${at} in team-${team} < http 80; versions v1, v2${calls} >`);
    }
  }
  const file = join(folder, "large.mesh");
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}

test("the shop is drawn whole, and a node says what is said of it", async () => {
  const { page, done } = await opened(shop);
  assert.equal(await page.locator(".node:visible").count(), 10);
  assert.equal(await page.locator("#summary").textContent(), "2 gateways, 6 services, 2 externals, 9 connections");
  await page.locator('.node[aria-label^="service payments"]').click();
  const panel = page.locator("#panel");
  await panel.waitFor();
  const text = await panel.textContent();
  for (const part of ["service payments in shop", "mutual TLS strict, allow, deny", "checkout: call (allowed)",
    "route payments < v1: 99%, v2: 1%", "slo payments <", "shop.mesh:"]) {
    assert.ok(text.includes(part), `the panel says: ${part}\n${text}`);
  }
  // What has nothing to do with it steps back.
  assert.ok(await page.locator('.node[aria-label^="service mongo"]').evaluate((node) => node.classList.contains("dim")));
  if (process.env.MESH_SCREENSHOT) {
    await page.locator("#fit").click();
    await page.screenshot({ path: join(root, "examples/shop/graph.png") });
  }
  await page.keyboard.press("Escape");
  assert.ok(await panel.isHidden());
  await done();
});

test("hovering shows what is near, and the line of the source", async () => {
  const { page, done } = await opened(shop);
  const cart = page.locator('.node[aria-label^="service cart"]');
  await cart.hover();
  assert.equal(await page.locator(".edge.near").count(), 2);
  assert.ok(await page.locator('.node[aria-label^="service payments"]').evaluate((node) => node.classList.contains("dim")));
  assert.match(await cart.locator("title").textContent(), /^examples\/shop\/shop\.mesh:\d+: service cart </);
  await page.mouse.move(2, 798);
  assert.equal(await page.locator(".node.dim").count(), 0);
  await done();
});

test("a search finds names and rules, and Enter goes there", async () => {
  const { page, done } = await opened(shop);
  const search = page.locator("#search");
  await page.keyboard.press("/");
  await page.keyboard.type("mongo");
  assert.match(await page.locator("#found").textContent(), /^[1-9]\d* found$/);
  assert.ok(await page.locator('.node[aria-label^="service mongo"]').evaluate((node) => node.classList.contains("hit")));
  await search.press("Enter");
  assert.match(await page.locator("#panel h2").textContent(), /service mongo/);
  await search.fill("/refunds/{id}");
  assert.equal(await page.locator("#found").textContent(), "1 found");
  await search.fill("nobody is called so");
  assert.equal(await page.locator("#found").textContent(), "0 found");
  await done();
});

test("boxes fold and unfold, by mouse and by keyboard", async () => {
  const { page, done } = await opened(shop);
  const box = page.locator('.group[aria-label^="namespace shop"]');
  await box.focus();
  await page.keyboard.press("Enter");
  assert.equal(await box.getAttribute("aria-expanded"), "false");
  assert.equal(await page.locator(".node:visible").count(), 2);
  assert.equal(await box.locator(".count").textContent(), "8 members");
  await page.locator("#unfold").click();
  assert.equal(await page.locator(".node:visible").count(), 10);
  await page.locator("#fold").click();
  assert.equal(await page.locator(".node:visible").count(), 0);
  assert.equal(await page.locator(".edge:not(.gone)").count(), 1, "one line between two folded boxes");
  await done();
});

test("arrow keys follow the calls", async () => {
  const { page, done } = await opened(shop);
  await page.locator('.node[aria-label^="gateway public"]').focus();
  await page.keyboard.press("ArrowRight");
  const focused = () => page.evaluate(() => document.activeElement.getAttribute("aria-label"));
  assert.match(await focused(), /^service frontend/);
  await page.keyboard.press("ArrowLeft");
  assert.match(await focused(), /^gateway public/);
  await done();
});

test("the list has it all in words", async () => {
  const { page, done } = await opened(shop);
  await page.locator("#listing").click();
  assert.ok(await page.locator("#picture").isHidden());
  const rows = page.locator("#list tbody tr");
  assert.equal(await rows.count(), 10);
  const text = await page.locator("#list").textContent();
  assert.ok(text.includes("service catalog in shop") && text.includes("v1 50%, v2 50%") && text.includes("mongo (allowed)"), text);
  await done();
});

test("the scheme is the reader's, and can be changed", async () => {
  const dark = await opened(shop, { colorScheme: "dark" });
  const background = (page) => page.locator("#picture").evaluate((svg) => getComputedStyle(svg).backgroundColor);
  assert.equal(await background(dark.page), "rgb(18, 22, 29)");
  await dark.page.locator("#scheme").click();
  assert.equal(await background(dark.page), "rgb(246, 247, 249)");
  await dark.done();
});

test("zooming keeps what is under the pointer there", async () => {
  const { page, done } = await opened(shop);
  const node = page.locator('.node[aria-label^="service checkout"] > rect');
  const before = await node.boundingBox();
  await page.mouse.move(before.x, before.y);
  await page.mouse.wheel(0, -200);
  await page.waitForTimeout(50);
  const behind = await node.boundingBox();
  assert.ok(behind.width > before.width * 1.1, "it is larger");
  assert.ok(Math.abs(behind.x - before.x) < 3 && Math.abs(behind.y - before.y) < 3, "and where it was");
  await page.locator("#fit").click();
  assert.ok(Math.abs((await node.boundingBox()).width - before.width) < 1);
  await done();
});

test("a drag is no click, wherever it ends", async () => {
  const { page, done } = await opened(shop);
  const box = await page.locator('.node[aria-label^="service cart"] > rect').boundingBox();
  await page.mouse.move(box.x + 20, box.y + 10);
  await page.mouse.down();
  await page.mouse.move(box.x + 90, box.y + 40, { steps: 5 });
  await page.mouse.up();
  assert.ok(await page.locator("#panel").isHidden(), "no panel opens");
  assert.equal(await page.locator(".node:visible").count(), 10, "and no box folds");
  const there = await page.locator('.node[aria-label^="service cart"] > rect').boundingBox();
  assert.ok(Math.abs(there.x - box.x - 70) < 8, "but the picture has moved");
  await page.locator('.node[aria-label^="service cart"]').click();
  assert.ok(await page.locator("#panel").isVisible());
  await done();
});

test("what is opened stays in sight", async () => {
  const { page, done } = await opened(shop);
  await page.locator('.node[aria-label^="external rates"]').click();
  const [node, picture] = [await page.locator('.node[aria-label^="external rates"]').boundingBox(), await page.locator("#picture").boundingBox()];
  assert.ok(node.x >= picture.x && node.x + node.width <= picture.x + picture.width, "beside its panel");
  await done();
});

test("a folded box tells of what is denied within it", async () => {
  const file = join(folder, "denied.mesh");
  writeFileSync(file, "mtls mesh strict\nservice x in a < http 80; account x; calls y.b >\nservice z in a < http 80; account z; calls y.b >\nservice y in b < http 80 >\ndeny y in b < from z.a >\n");
  const { page, done } = await opened(file);
  await page.locator("#fold").click();
  assert.equal(await page.locator(".edge:not(.gone)").count(), 1);
  assert.equal(await page.locator(".edge.denied:not(.gone)").count(), 1);
  assert.match(await page.locator(".edge:not(.gone) title").textContent(), /x to y[^]*z to y/);
  await done();
});

test("five hundred services start folded, and are found", async () => {
  const { page, done } = await opened(large());
  assert.equal(await page.locator(".node:visible").count(), 0);
  assert.equal(await page.locator(".group:visible").count(), 25);
  const sizes = await page.locator(".group .title").evaluateAll((all) => all.map((title) => title.getBoundingClientRect().height));
  assert.ok(Math.min(...sizes) > 7, `titles can be read: ${Math.min(...sizes)} pixels`);
  await page.locator("#search").fill("s-17-3");
  await page.locator("#search").press("Enter");
  assert.match(await page.locator("#panel h2").textContent(), /service s-17-3 in team-17/);
  assert.equal(await page.locator(".node:visible").count(), 20, "its namespace is unfolded");
  await done();
});
