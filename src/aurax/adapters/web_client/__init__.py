"""The client of the web interface: the same values as the server's, over HTTP.

`client` has the verbs, `sessions` those of one session; `connection` sends, `following` listens, `downloading` keeps.
"""
