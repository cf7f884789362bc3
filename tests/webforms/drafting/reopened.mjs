// Opens BPMN files as the editor does, and writes each again: paths as arguments; JSON of warnings and XML by path on the way out.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const assets = process.argv[2]
const require = createRequire(`${assets}/package.json`)
const { BpmnModdle } = await import(pathToFileURL(require.resolve('bpmn-moddle')))
const spiffworkflow = JSON.parse(readFileSync(`${assets}/src/js/modeller/spiffworkflow.json`, 'utf8'))
const found = {}
for (const path of process.argv.slice(3)) {
  const moddle = new BpmnModdle({ spiffworkflow })
  const { rootElement, warnings } = await moddle.fromXML(readFileSync(path, 'utf8'))
  const { xml } = await moddle.toXML(rootElement, { format: true })
  found[path] = { warnings: warnings.map(one => one.message), xml }
}
process.stdout.write(JSON.stringify(found))
