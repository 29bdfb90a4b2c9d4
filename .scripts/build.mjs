// Bundles the extension into dist/. Flags: --tests also bundles the editor suite; --quiet prints errors alone.
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { buildEmbedded } from "./embedded.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
const flags = new Set(process.argv.slice(2));
mkdirSync(dist, { recursive: true });

const started = performance.now();
const node = {
	absWorkingDir: root,
	bundle: true,
	platform: "node",
	target: "node20",
	format: "cjs",
	minify: !flags.has("--tests"),
	sourcemap: flags.has("--tests") ? "inline" : false,
	logLevel: "warning",
	// The libraries' ES module builds can be tree-shaken; their "main" ones cannot.
	mainFields: ["module", "main"],
	legalComments: "none",
};

await Promise.all([
	build({
		...node,
		entryPoints: ["client/src/extension.ts"],
		outfile: "dist/client.js",
		external: ["vscode"],
	}),
	build({
		...node,
		entryPoints: ["server/src/lsp/main.ts"],
		outfile: "dist/server.js",
	}),
	build({
		...node,
		entryPoints: ["server/src/cli/main.ts"],
		outfile: "dist/cli.js",
		banner: { js: "#!/usr/bin/env node" },
	}),
	flags.has("--tests") &&
		build({
			...node,
			entryPoints: ["test/editor/index.ts"],
			outfile: "dist/test/index.js",
			external: ["vscode", "mocha"],
		}),
	buildEmbedded({ root, dist }),
]);

// The parser looks for its WebAssembly beside the bundle that holds it.
copyFileSync(
	join(root, "node_modules/libpg-query/wasm/libpg-query.wasm"),
	join(dist, "libpg-query.wasm"),
);
if (!existsSync(join(dist, "cli.js")))
	throw new Error("dist/cli.js is missing");
if (!flags.has("--quiet"))
	console.log(
		`built dist/ in ${((performance.now() - started) / 1000).toFixed(1)} s`,
	);
