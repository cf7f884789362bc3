"""How values of the engine are put into words and marks on a page; nothing here loads or changes anything."""
