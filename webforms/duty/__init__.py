"""Who does the work: giving tasks, out of office, rotas, who is on call, and the directory of addresses."""
