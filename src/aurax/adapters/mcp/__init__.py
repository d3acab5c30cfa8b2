"""The server of the Model Context Protocol: what other agents can do with AURA-X, over the web interface's client.

`server` offers the tools, `tools` does what they say, `results` is what they answer.
"""
