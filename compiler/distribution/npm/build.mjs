// Writes the npm packages: the one of a platform, with its binary, and `meshc`, which finds it.
//
//   node build.mjs --version 0.1.0 --target x86_64-unknown-linux-musl --binary path/to/meshc \
//     --notices NOTICES.txt --out FOLDER
//
// writes FOLDER/meshc-linux-x64 and FOLDER/meshc, for `npm pack` or `npm publish`. Run it once for each target.
// NOTICES.txt is what ../notices.sh prints.

import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const HERE = dirname(fileURLToPath(import.meta.url));
const LICENSE = join(HERE, "../../../LICENSE");

// What Node calls the system and the processor, and how a binary for them begins.
const TARGETS = {
  "x86_64-unknown-linux-musl": { os: "linux", cpu: "x64", is: (file) => elf(file, 62) },
  "aarch64-unknown-linux-musl": { os: "linux", cpu: "arm64", is: (file) => elf(file, 183) },
  "x86_64-apple-darwin": { os: "darwin", cpu: "x64", is: (file) => machO(file, 0x01000007) },
  "aarch64-apple-darwin": { os: "darwin", cpu: "arm64", is: (file) => machO(file, 0x0100000c) },
  "x86_64-pc-windows-msvc": { os: "win32", cpu: "x64", is: (file) => pe(file, 0x8664) },
};

function elf(file, machine) {
  return file.readUInt32BE(0) === 0x7f454c46 && file.readUInt16LE(18) === machine;
}
function machO(file, cpu) {
  return file.readUInt32LE(0) === 0xfeedfacf && file.readUInt32LE(4) === cpu;
}
function pe(file, machine) {
  return file.toString("latin1", 0, 2) === "MZ" && file.readUInt16LE(file.readUInt32LE(0x3c) + 4) === machine;
}

function fail(message) {
  console.error(`build.mjs: ${message}`);
  process.exit(2);
}

function arguments_() {
  const wanted = ["version", "target", "binary", "notices", "out"];
  try {
    const { values } = parseArgs({ options: Object.fromEntries(wanted.map((name) => [name, { type: "string" }])) });
    for (const name of wanted) if (!values[name]) fail(`--${name} is missing`);
    return values;
  } catch (error) {
    return fail(error.message);
  }
}

// With the same rights whatever the umask is: they go into the package.
function write(path, content, mode = 0o644) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
}

function writePackage(folder, fields, readme) {
  write(join(folder, "package.json"), JSON.stringify(fields, null, 2) + "\n");
  write(join(folder, "README.md"), readme);
  write(join(folder, "LICENSE"), readFileSync(LICENSE));
}

function packageOf({ os, cpu }) {
  return `meshc-${os}-${cpu}`;
}

const { version, target, binary, notices, out } = arguments_();
const platform = TARGETS[target] ?? fail(`no package for ${target}, only for ${Object.keys(TARGETS).join(", ")}`);
if (!/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version)) fail(`${version} is not a version`);
const content = readFileSync(binary);
let fits = false;
try {
  fits = platform.is(content);
} catch (error) {
  // A file that is too short to have a head fits nothing.
  if (!(error instanceof RangeError)) throw error;
}
if (!fits) fail(`${binary} is not a program for ${target}`);

const template = JSON.parse(readFileSync(join(HERE, "meshc/package.json"), "utf8"));
const { keywords, bin, files, engines, ...common } = template;

const name = packageOf(platform);
const folder = join(out, name);
const file = platform.os === "win32" ? "bin/meshc.exe" : "bin/meshc";
rmSync(folder, { recursive: true, force: true });
write(join(folder, file), content, 0o755);
write(join(folder, "NOTICES.txt"), readFileSync(notices));
writePackage(
  folder,
  {
    ...common,
    name: `@mesh-lang/${name}`,
    version,
    description: `The binary of meshc for ${platform.os} on ${platform.cpu}`,
    // No `libc`: the binaries for Linux are static.
    os: [platform.os],
    cpu: [platform.cpu],
    files: [file, "NOTICES.txt"],
    // Yarn runs nothing out of its archives.
    preferUnplugged: true,
    publishConfig: { access: "public" },
  },
  `# ${name}\n\nThe binary of [meshc](https://github.com/mesh-lang/meshc) for ${platform.os} on ${platform.cpu}. ` +
    "Install the package `meshc`, which\nbrings the one that fits.\n",
);

const wrapper = join(out, "meshc");
rmSync(wrapper, { recursive: true, force: true });
write(join(wrapper, bin.meshc), readFileSync(join(HERE, "meshc", bin.meshc)), 0o755);
writePackage(
  wrapper,
  {
    ...common,
    keywords,
    version,
    bin,
    files,
    engines,
    optionalDependencies: Object.fromEntries(
      Object.values(TARGETS).map((one) => [`@mesh-lang/${packageOf(one)}`, version]),
    ),
  },
  readFileSync(join(HERE, "meshc/README.md")),
);
console.log(`${folder}\n${wrapper}`);
