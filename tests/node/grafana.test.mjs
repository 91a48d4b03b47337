// Dashboards against the types that Grafana publishes of its own models: the dashboard, and the options of each panel.
//
// MESHC names the compiler.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const panels = "@grafana/schema/dist/esm/raw/composable";
const kinds = { timeseries: "Lines", stat: "Number", table: "Table" };

// JSON has the values of enumerations, which TypeScript takes for others.
const head = `import type { Dashboard } from "@grafana/schema";
import type { FieldConfig, Options as LinesOptions } from "${panels}/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";
import type { Options as NumberOptions } from "${panels}/stat/panelcfg/x/StatPanelCfg_types.gen";
import type { Options as TableOptions } from "${panels}/table/panelcfg/x/TablePanelCfg_types.gen";
type Plain<T> = T extends string ? \`\${T}\`
  : T extends number ? (\`\${T}\` extends \`\${infer N extends number}\` ? N : number)
  : T extends (infer U)[] ? Plain<U>[]
  : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
`;

function written(board) {
  let text = `${head}export const board: Plain<Dashboard> = ${JSON.stringify(board)};\n`;
  board.panels.filter((panel) => panel.type !== "row").forEach((panel, at) => {
    const { custom } = panel.fieldConfig.defaults;
    text += `export const options${at}: Plain<Partial<${kinds[panel.type]}Options>> = ${JSON.stringify(panel.options)};\n`;
    if (custom) text += `export const custom${at}: Plain<Partial<FieldConfig>> = ${JSON.stringify(custom)};\n`;
  });
  return text;
}

// Modules are looked for from the folder of a file upwards.
const folder = mkdtempSync(join(here, "node_modules", ".boards-"));

function complaints(boards) {
  const names = Object.entries(boards).map(([name, board]) => {
    const file = join(folder, `${name}.ts`);
    writeFileSync(file, written(board));
    return file;
  });
  const flags = ["--noEmit", "--strict", "--module", "nodenext", "--moduleResolution", "nodenext", "--skipLibCheck"];
  const { stdout, status } = spawnSync(process.execPath, [join(here, "node_modules/typescript/bin/tsc"), ...flags, ...names], { encoding: "utf8" });
  return status === 0 ? "" : stdout.slice(0, 4000);
}

const out = join(folder, "out");
execFileSync(process.env.MESHC, ["build", "tests/suites/watched.mesh", "--out", out], { cwd: root, stdio: "inherit" });
const boards = Object.fromEntries(readdirSync(out).filter((name) => name.endsWith(".json"))
  .map((name) => [name.replace(".json", ""), JSON.parse(readFileSync(join(out, name), "utf8"))]));

test("dashboards are those of Grafana's types", () => {
  assert.equal(Object.keys(boards).length, 4);
  assert.equal(complaints(boards), "");
});

test("what Grafana's types do not know is found", () => {
  const [name, board] = Object.entries(boards)[0];
  const wrong = structuredClone(board);
  wrong.panels.find((panel) => panel.type === "timeseries").options.tooltip.mode = "several";
  assert.match(complaints({ [`${name}-wrong`]: wrong }), /several/);
});

test("identifiers are stable, unique, and short enough for Grafana", () => {
  const ids = Object.values(boards).map((board) => board.uid);
  assert.deepEqual(ids.sort(), ["mesh-shop", "mesh-shop_ledger", "mesh-shop_orders", "mesh-shop_payments"]);
  for (const board of Object.values(boards)) {
    const numbers = board.panels.map((panel) => panel.id);
    assert.equal(new Set(numbers).size, numbers.length);
    for (const panel of board.panels.filter((panel) => panel.type !== "row")) {
      assert.ok(panel.description && panel.fieldConfig.defaults.unit, panel.title);
      for (const { expr } of panel.targets) {
        assert.ok(!/\birate\(/.test(expr) && (!/\brate\(/.test(expr) || expr.includes("$__rate_interval")), expr);
      }
    }
  }
});
