"""Requests to people outside the council: the police, health, carers, other authorities answer one thing by a link.

`preparing` and `requests` are what practitioners do, `following` what they see, `answering` what somebody outside does,
`links` what stands between them, `mail` the words a link leaves with. Nobody outside has an account: whoever holds the
link may answer that one request, once, and sees nothing else. The parts are imported by name, because the outbox needs
the words alone.
"""
