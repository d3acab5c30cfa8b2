"""This machine: the supervisor of the embedded servers, and the delivered folder."""
