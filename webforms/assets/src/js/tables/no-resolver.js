// Stands in for the library's own search for variables: what can be written is the vocabulary, which the editor asks for.
export const DmnVariableResolverModule = {}
