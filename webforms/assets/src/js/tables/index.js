// The decision-table editor of a draft: opens the file, shows in the table what the server finds wrong with it, and saves it.
import 'dmn-js/dist/assets/diagram-js.css'
import 'dmn-js/dist/assets/dmn-js-shared.css'
import 'dmn-js/dist/assets/dmn-js-drd.css'
import 'dmn-js/dist/assets/dmn-js-decision-table.css'
import 'dmn-js/dist/assets/dmn-js-decision-table-controls.css'
import 'dmn-js/dist/assets/dmn-js-literal-expression.css'
import 'dmn-js/dist/assets/dmn-font/css/dmn-codes.css'
import './tables.css'
import { TablesPage } from './page.js'

for (const element of document.querySelectorAll('[data-table-editor]')) new TablesPage(element).start()
