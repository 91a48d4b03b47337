#!/usr/bin/env node
// Runs the meshc of this machine, which is in a package of its own: npm installs the one that fits.
"use strict";

const { spawn } = require("node:child_process");
const os = require("node:os");

// The packages by what Node says of the machine; `build.mjs` writes them.
const PACKAGES = {
  "linux x64": "@mesh-lang/meshc-linux-x64",
  "linux arm64": "@mesh-lang/meshc-linux-arm64",
  "darwin x64": "@mesh-lang/meshc-darwin-x64",
  "darwin arm64": "@mesh-lang/meshc-darwin-arm64",
  "win32 x64": "@mesh-lang/meshc-win32-x64",
};

// What meshc itself ends with when the fault is not in a program.
const FAULT = 2;

function binaryOf(name) {
  const file = name.includes("win32") ? "meshc.exe" : "meshc";
  try {
    return require.resolve(`${name}/bin/${file}`);
  } catch {
    return undefined;
  }
}

function fail(...lines) {
  console.error(["meshc: " + lines[0], ...lines.slice(1)].join("\n"));
  process.exit(FAULT);
}

function find() {
  const machine = `${process.platform} ${process.arch}`;
  const name = PACKAGES[machine];
  if (name === undefined) {
    fail(
      `there is no binary for ${machine}`,
      `There are binaries for ${Object.keys(PACKAGES).join(", ")}.`,
      "meshc can be built from its sources with Rust: https://github.com/mesh-lang/meshc",
    );
  }
  const binary = binaryOf(name);
  if (binary !== undefined) return binary;
  const other = Object.values(PACKAGES).find(binaryOf);
  fail(
    `the package ${name}, which holds the binary, is not installed`,
    "It is an optional dependency of the package meshc. npm leaves it out with --omit=optional, --no-optional, or when",
    "the lock file was written without it; the same switches exist in pnpm and Yarn. Install once more without them.",
    ...(other === undefined
      ? []
      : [`${other} is installed: node_modules seems to come from another system or another Node.`]),
  );
}

const binary = find();
const child = spawn(binary, process.argv.slice(2), { stdio: "inherit", windowsHide: true });

// A signal to this process is one to meshc. What a terminal sends reaches both, and twice does no harm. This process
// stays until meshc has ended, so that its end is reported and not another.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK"]) {
  if (signal in os.constants.signals) process.on(signal, () => child.kill(signal));
}

child.on("error", (error) => fail(`${binary} cannot be run: ${error.message}`));
child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  // The same end as the binary's: a shell then sees the signal.
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
