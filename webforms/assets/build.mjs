// Builds the pages' styles and scripts from src/ into ../static, which git ignores.
// Only MOJ components that pages use are compiled, so that the style sheet stays small.
import * as esbuild from 'esbuild'
import * as sass from 'sass'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const here = path.dirname(fileURLToPath(import.meta.url))
process.chdir(here)
const kept = path.join(here, '..', 'static')
// Built aside and put in place whole, so that a page that is opened meanwhile finds every file.
const out = path.join(here, 'node_modules', `.built-${process.pid}`)
fs.rmSync(out, { recursive: true, force: true })
fs.mkdirSync(path.join(out, 'images'), { recursive: true })

const css = sass.compile('src/app.scss', {
  style: 'compressed',
  loadPaths: ['.'],
  quietDeps: true,
  silenceDeprecations: ['if-function', 'import', 'global-builtin']
})
fs.writeFileSync(path.join(out, 'app.css'), css.css)

await esbuild.build({
  entryPoints: { app: 'src/js/app.js', start: 'src/js/start.js' },
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2020',
  outdir: out,
  legalComments: 'none',
  logLevel: 'warning'
})
// The decision-table editor, loaded on its own page only. Its library would bring CodeMirror and a second FEEL parser, whose
// place our own field and the server's parser take.
await esbuild.build({
  entryPoints: { tables: 'src/js/tables/index.js' },
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2020',
  outdir: out,
  assetNames: 'fonts/[name]-[hash]',
  loader: { '.woff2': 'file' },
  alias: {
    '@bpmn-io/feel-editor': './src/js/tables/feel-field.js',
    '@bpmn-io/dmn-variable-resolver': './src/js/tables/no-resolver.js',
    '@codemirror/view': './src/js/tables/no-codemirror.js'
  },
  legalComments: 'none',
  logLevel: 'warning'
})
// The diagram editor, loaded on its own page only, with the sheet and the font of its library.
const modeller = sass.compile('src/modeller.scss', {
  style: 'compressed',
  loadPaths: ['.'],
  quietDeps: true,
  silenceDeprecations: ['if-function', 'import', 'global-builtin']
})
fs.writeFileSync(path.join(out, 'modeller.css'), modeller.css.replaceAll('../font/', 'font/'))
fs.mkdirSync(path.join(out, 'font'), { recursive: true })
fs.copyFileSync('node_modules/bpmn-js/dist/assets/bpmn-font/font/bpmn.woff2', path.join(out, 'font', 'bpmn.woff2'))
await esbuild.build({
  entryPoints: { modeller: 'src/js/modeller/modeller.js' },
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2020',
  outdir: out,
  legalComments: 'none',
  logLevel: 'warning'
})
for (const file of fs.readdirSync('src/images')) {
  fs.copyFileSync(path.join('src/images', file), path.join(out, 'images', file))
}
for (const file of ['app.css', 'app.js', 'start.js', 'modeller.css', 'modeller.js', 'tables.css', 'tables.js']) {
  console.log(`${file} ${(fs.statSync(path.join(out, file)).size / 1024).toFixed(0)} KB`)
}
const before = path.join(here, 'node_modules', `.before-${process.pid}`)
if (fs.existsSync(kept)) fs.renameSync(kept, before)
fs.renameSync(out, kept)
fs.rmSync(before, { recursive: true, force: true })
