"""Small songs, sounds, instruments, engines and servers for the tests: each thing is built in one place."""
