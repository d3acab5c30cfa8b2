"""The HTTP interface: what a browser or a program asks for, over the same services as the command line.

`app.build_app` puts it together; `routes/` has one file per kind of thing; `access` knows who asks, `guard` refuses
what no handler should see, `problems` says what went wrong.
"""
