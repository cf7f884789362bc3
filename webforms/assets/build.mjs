// Builds the pages' styles and scripts from src/ into ../static, which git ignores.
// Only MOJ components that pages use are compiled, so that the style sheet stays small.
import * as esbuild from 'esbuild'
import * as sass from 'sass'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const here = path.dirname(fileURLToPath(import.meta.url))
process.chdir(here)
const out = path.join(here, '..', 'static')
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
for (const file of fs.readdirSync('src/images')) {
  fs.copyFileSync(path.join('src/images', file), path.join(out, 'images', file))
}
for (const file of ['app.css', 'app.js', 'start.js']) {
  console.log(`${file} ${(fs.statSync(path.join(out, file)).size / 1024).toFixed(0)} KB`)
}
