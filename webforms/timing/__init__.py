"""How long pages take: each page that can be read, opened as each role of a demonstration, timed where it is made.

It runs as a program of its own (`python -m webforms.timing`, started by `homeward bench --pages`), because the engine
knows no web. A page is opened in this process, without a network: measured are routing, access, queries and rendering.
On a machine that does other things as well, the CPU column tells what the page itself costs.

`samples` says which addresses are opened, `trail` goes on from there by links and by forms that begin something,
`pages` opens and times, `__main__` is the table.
"""
