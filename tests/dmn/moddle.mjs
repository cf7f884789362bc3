// Reads files as the table editor's own reader does and writes them again: {name: xml} in, {name: {xml, warnings}} out.
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import path from 'node:path'

const { DmnModdle } = await import(pathToFileURL(path.join(process.argv[2], 'dmn-moddle', 'dist', 'index.js')))
const found = {}
for (const [name, xml] of Object.entries(JSON.parse(readFileSync(0, 'utf8')))) {
  const moddle = new DmnModdle()
  const { rootElement, warnings } = await moddle.fromXML(xml, 'dmn:Definitions')
  const saved = await moddle.toXML(rootElement, { format: true })
  found[name] = { xml: saved.xml, warnings: warnings.map(one => one.message) }
}
process.stdout.write(JSON.stringify(found))
