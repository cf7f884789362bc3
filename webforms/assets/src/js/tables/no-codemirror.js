// Stands in for the one name that the table library takes from CodeMirror: our own field needs none of it.
export const EditorView = { lineWrapping: null }
